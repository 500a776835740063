"""Regular expressions for the ways in which files of any format give a value to a name."""

import re

_OPERATOR = r"[ \t]{0,20}(?::=|=>|[:=?]=?)[ \t]{0,20}"
_QUOTE = r"[\"'`]?"
_SUBSTITUTION = r"(?:\$\{\w{1,100}:?[-=?])?"
"""The beginning of `${name:-value}`, where a variable may take the place of the value."""
_VALUE = r"(?P<value>[^\s\"'`<>(){}\[\]$#]{1,400})"
_NAME = r"(?<![\w.$-])(?P<name>-{0,2}[A-Za-z_][\w.-]{0,100})"


def _prefix_pattern(name: str, *others: str) -> re.Pattern[str]:
    """A pattern for the text between the name and the start of its value. `others` are further ways to write
    what is between them."""
    ways = (
        _OPERATOR,  # name = value, name: value, --name=value
        r"[ \t]{1,20}",  # ENV name value, --name value
        r"\"?\s{0,9}\n[ \t-]{0,40}value[\"']?:[ \t]{0,20}",  # name: name, and value: value in the next line
        r"\",\s{0,40}\"value\":\s{0,9}",  # "name": "name", "value": "value"
        *others,
    )
    return re.compile(rf"{name}[\"']?(?:{'|'.join(ways)}){_QUOTE}{_SUBSTITUTION}\Z")


IN_FRONT_OF_VALUE = _prefix_pattern(
    r"(?<![\w.])(?P<name>-{0,2}[A-Za-z_@][\w.-]{0,100})",
    r"[\"'],\s{0,40}",  # "--name", "value"
)
"""The text in front of a value that is assigned to a name or an option."""
IN_FRONT_OF_URL = _prefix_pattern(r"(?<![\w.-])(?P<name>[A-Za-z_@][\w.-]{0,100})")
"""The text in front of a URL that is assigned to a name."""

_ASSIGNMENT = re.compile(rf"{_NAME}[\"']?{_OPERATOR}{_QUOTE}{_SUBSTITUTION}{_VALUE}")
"""`name = value`, `name: value`, `--name=value`, and `name: ${name:-value}`."""
_NAME_AND_VALUE = re.compile(
    rf"name[\"']?[ \t]{{0,20}}:[ \t]{{0,20}}[\"']?{_NAME}[\"']?,?"
    rf"\s{{1,60}}[\"']?value[\"']?:[ \t]{{0,20}}[\"']?{_VALUE}"
)
"""`name: name` with `value: value` behind it, as in manifests of containers."""
_OPTION = re.compile(
    r"(?<![\w.$-])(?P<name>--[A-Za-z][\w-]{0,100})[\"']?(?:[ \t]{1,20}|,\s{0,40})[\"']?" + _VALUE
)
"""`--name value`, and `"--name", "value"`."""
_IN_IMAGE = re.compile(r"^(?:ENV|ARG)[ \t]+(?P<name>[A-Za-z_]\w*)[ \t]+[\"']?" + _VALUE, re.MULTILINE)
"""A line of an image file: `ENV name value`."""

ASSIGNMENTS = (_NAME_AND_VALUE, _ASSIGNMENT, _OPTION, _IN_IMAGE)
"""Assignments of values without spaces, which are the group `value`."""
WHOLE_VALUE = re.compile(_VALUE)
"""A value without spaces."""
