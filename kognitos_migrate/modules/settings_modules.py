"""Settings modules that a framework loads by name, and the objects through which programs read them.

from django.conf import settings
settings.BASE_URL                      # of shop/settings.py, or of the modules of shop/settings/
"""

from collections.abc import Collection
from functools import cached_property

SETTINGS_OBJECTS = frozenset(("django.conf.settings",))
_NAME = "settings"


class SettingsModules:
    """The settings modules among some files."""

    def __init__(self, paths: Collection[str]) -> None:
        self._files = paths

    @cached_property
    def _paths(self) -> list[str]:
        return [path for path in sorted(self._files) if _is_settings_module(path)]

    def nearest(self, importer: str) -> list[str]:
        """The modules below the innermost folder around `importer` that contains any, without itself."""
        folder = importer
        while self._paths and folder:
            folder = folder.rpartition("/")[0]
            inside = [path for path in self._paths if path.startswith(f"{folder}/" if folder else "")]
            if inside:
                return [path for path in inside if path != importer]
        return []


def _is_settings_module(path: str) -> bool:
    """Whether a module is `settings.py`, or is in a package of that name."""
    folder, _, name = path.rpartition("/")
    return path.endswith(".py") and (name == f"{_NAME}.py" or folder.rpartition("/")[2] == _NAME)
