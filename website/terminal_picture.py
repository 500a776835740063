"""Pictures of the terminal: the output of a real run as SVG, light and dark.

`python -m website.terminal_picture` renews those of README.md.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "fixtures" / "terminal"
COMMAND = ("check",)
WIDTH = 110
"""Columns."""

_LIGHT = TerminalTheme(
    (255, 255, 255),
    (36, 41, 47),
    [
        (36, 41, 47),
        (207, 34, 46),
        (17, 99, 41),
        (125, 78, 0),
        (9, 105, 218),
        (130, 80, 223),
        (27, 124, 131),
        (110, 119, 129),
    ],
)
_DARK = TerminalTheme(
    (13, 17, 23),
    (230, 237, 243),
    [
        (72, 79, 88),
        (255, 123, 114),
        (63, 185, 80),
        (210, 153, 34),
        (88, 166, 255),
        (188, 140, 255),
        (57, 197, 207),
        (177, 186, 196),
    ],
)
THEMES: Mapping[str, TerminalTheme] = {"light": _LIGHT, "dark": _DARK}

_FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
    font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
    font-size: {char_height}px;
    line-height: {line_height}px;
    font-variant-east-asian: full-width;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""The template of rich without its font, which it loads from another server."""


def main() -> None:
    """Write the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        output = output_of(Path(folder) / "billing")
    for name, theme in THEMES.items():
        file = ROOT / "docs" / f"check-{name}.svg"
        file.write_text(picture(output, theme), encoding="utf-8")
        print(file.relative_to(ROOT), file.stat().st_size)


def output_of(project: Path) -> str:
    """The output of the command in a copy of the program, with colors."""
    shutil.copytree(PROGRAM, project)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "kognitos_migrate", *COMMAND, "--color", "always"]
    return subprocess.run(
        command, cwd=project, env=environment, capture_output=True, encoding="utf-8", check=False
    ).stdout


def picture(output: str, theme: TerminalTheme) -> str:
    """The SVG of a terminal with the command and its output."""
    console = Console(
        width=WIDTH, record=True, file=io.StringIO(), color_system="truecolor", force_terminal=True
    )
    console.print(Text(f"$ kognitos-migrate {' '.join(COMMAND)}", style="bold"))
    console.print(Text.from_ansi(output))  # and an empty line, below the last letters
    svg = console.export_svg(title="billing", theme=theme, code_format=_FORMAT, unique_id="terminal")
    svg = svg.replace('stroke="rgba(255,255,255,0.35)"', 'stroke="rgba(128,128,128,0.5)"')  # on white, too
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def shown_text(svg: str) -> str:
    """The text in a picture, without blanks."""
    texts = re.findall(r"<text[^>]*>(.*?)</text>", svg, re.DOTALL)
    return re.sub(r"\s|&#160;", "", "".join(texts))


if __name__ == "__main__":
    main()
