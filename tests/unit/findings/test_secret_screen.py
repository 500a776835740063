"""The screen for secret literals passes every file that contains one."""

import pytest

from kognitos_migrate.findings.secret_literals import secret_literals
from kognitos_migrate.findings.secret_screen import may_contain_secret

RANDOM = "a1b2c3d4e5f6a7b8"
SECRETS = {
    "named": "token = 'abcdef'\n",
    "named by a keyword argument": "connect(password='abcdef')\n",
    "named by a text": "headers = {'Authorization': 'abcdef'}\n",
    "named by a composed text": "headers = {'to' 'ken': 'abcdef'}\n",
    "named by a composed text on two lines": "headers = {\n    'to'  # left\n    r'ken': 'abcdef'}\n",
    "named by an escaped text": "headers = {'\\x74oken': 'abcdef'}\n",
    "named by letters that are normalized": "\uff54oken = 'abcdef'\n",
    "random": f"key = '{RANDOM}'\n",
    "random in parts": f"key = ('{RANDOM[:8]}'\n    '{RANDOM[8:]}')\n",
    "random in a block": f'key = """\n{RANDOM}\n"""\n',
    "random over lines": f"key = '{RANDOM[:8]}\\\n{RANDOM[8:]}'\n",
    "random in parts behind a continued line": f"key = '{RANDOM[:8]}' \\\r\n    '{RANDOM[8:]}'\r\n",
    "random behind a wide quotation mark": f"title = '\uff02'; key = '{RANDOM}'\n",
    "random with escapes": f"key = '\\u0061{RANDOM[1:]}'\n",
    "random behind a quote in a comment": f"# don't\nkey = '{RANDOM}'\n",
}


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS)
def test_a_file_with_a_secret_passes(text: str) -> None:
    assert [*secret_literals(text)]


@pytest.mark.parametrize(
    "text",
    [
        "rows.sort(key=lambda row: part_001.Record1x0(row).amount)\n",
        "key = ''\n'''Sorts the rows.'''\n",
        f"keys = ['{RANDOM[:8]}', '{RANDOM[8:]}']\n",
    ],
)
def test_a_file_without_signs_is_not_parsed(text: str) -> None:
    assert not may_contain_secret(text)
