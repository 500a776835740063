"""Adds the published addresses to the package's metadata: its URLs, and the links of its README."""

import re
import runpy
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(?<=\]\()(?!\w+:|#)(?=\S)")
_PICTURE = re.compile(r'(?P<attribute> src(?:set)?=")(?!\w+:)')


class AddressesHook(MetadataHookInterface):
    """Sets the URLs and the README, with the addresses that `kognitos_migrate/addresses.py` contains."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the URLs that exist, and the README whose links lead to the repository."""
        root = Path(self.root)
        addresses = runpy.run_path(str(root / "kognitos_migrate" / "addresses.py"))
        repository, documentation = addresses["REPOSITORY"], addresses["DOCUMENTATION"]
        urls = {"API migration guide": self.config["api-guide"]}
        if documentation is not None:
            urls["Documentation"] = documentation
        if repository is not None:
            urls["Source"] = repository
            urls["Changelog"] = f"{repository}/blob/main/CHANGELOG.md"
            urls["Issues"] = f"{repository}/issues"
        metadata["urls"] = urls
        readme = (root / "README.md").read_text("utf-8")
        text = with_absolute_links(readme, repository, f"v{metadata['version']}")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def with_absolute_links(text: str, repository: str | None, tag: str) -> str:
    """Markdown whose relative links and pictures lead to a tag of the repository, if it is published."""
    if repository is None:
        return text
    text = _LINK.sub(f"{repository}/blob/{tag}/", text)
    return _PICTURE.sub(rf"\g<attribute>{repository}/raw/{tag}/", text)
