"""Settings modules that a framework loads by name, and the objects through which programs read them.

from django.conf import settings
settings.BASE_URL                      # of shop/settings.py, or of the modules of shop/settings/

from flask import current_app
current_app.config["BASE_URL"]         # of shop/config.py, or of a class there
"""

from collections.abc import Collection, Mapping
from functools import cached_property

SETTINGS_OBJECTS = frozenset(("django.conf.settings",))
"""Objects with the settings as attributes."""
SETTINGS_MAPPINGS = frozenset(("flask.current_app.config", "flask.Flask().config"))
"""Mappings with the settings as items, in the interpreter's notation."""
_OBJECT_NAMES = ("settings",)
_MAPPING_NAMES = ("config", "settings", "default_settings")
_IMPORTS = {
    **dict.fromkeys(SETTINGS_OBJECTS, _OBJECT_NAMES),
    **dict.fromkeys(("flask.current_app", "flask.Flask"), _MAPPING_NAMES),
}
"""The names of settings modules by the import of an object that gives access to them."""


def settings_names(source: str) -> Collection[str]:
    """The names of the modules that an object, an imported name or a mapping reads settings from. Empty for
    any other."""
    return _MAPPING_NAMES if source in SETTINGS_MAPPINGS else _IMPORTS.get(source, ())


class SettingsModules:
    """The settings modules among some files."""

    def __init__(self, paths: Collection[str]) -> None:
        self._files = paths

    @cached_property
    def _paths(self) -> Mapping[str, list[str]]:
        names = {*_OBJECT_NAMES, *_MAPPING_NAMES}
        return {name: [path for path in sorted(self._files) if _is_module_of(path, name)] for name in names}

    def nearest(self, importer: str, names: Collection[str] = _OBJECT_NAMES) -> list[str]:
        """The modules of these names below the innermost folder around `importer` that contains any, without
        itself."""
        paths = sorted({path for name in names for path in self._paths[name]})
        folder = importer
        while paths and folder:
            folder = folder.rpartition("/")[0]
            inside = [path for path in paths if path.startswith(f"{folder}/" if folder else "")]
            if inside:
                return [path for path in inside if path != importer]
        return []


def _is_module_of(path: str, stem: str) -> bool:
    """Whether a module has a name, or is in a package of that name."""
    folder, _, name = path.rpartition("/")
    return path.endswith(".py") and (name == f"{stem}.py" or folder.rpartition("/")[2] == stem)
