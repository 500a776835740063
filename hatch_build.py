"""Adds the published addresses to the package's metadata (`[project.urls]`)."""

import runpy
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class AddressesHook(MetadataHookInterface):
    """Sets the URLs of the project, which `kognitos_migrate/addresses.py` contains."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the URLs that exist to `metadata`."""
        addresses = runpy.run_path(str(Path(self.root) / "kognitos_migrate" / "addresses.py"))
        repository, documentation = addresses["REPOSITORY"], addresses["DOCUMENTATION"]
        urls = {"API migration guide": self.config["api-guide"]}
        if documentation is not None:
            urls["Documentation"] = documentation
        if repository is not None:
            urls["Source"] = repository
            urls["Changelog"] = f"{repository}/blob/main/CHANGELOG.md"
            urls["Issues"] = f"{repository}/issues"
        metadata["urls"] = urls
