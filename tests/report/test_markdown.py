"""The report as a page."""

from kognitos_migrate.findings.finding import Result
from kognitos_migrate.report.markdown import markdown_report
from tests.report.examples import RESULT

PAGE = r"""# Migration from v1 to v2

5 files looked at. Found 3 v1 uses in 2 files:

- 1 fixable with `kognitos-migrate fix`
- 1 with `kognitos-migrate fix --adapt`
- 1 by hand

## By operation

| code | what | uses | fixable | otherwise |
| --- | --- | ---: | ---: | ---: |
| KOG101 | starts a v1 run | 1 | 1 | 0 |
| KOG201 | follows a run | 2 | 0 | 2 |

## By file

| file | uses | fixable | otherwise |
| --- | ---: | ---: | ---: |
| `a.py` | 2 | 1 | 1 |
| `b\|.py` | 1 | 0 | 1 |

## What is in the way

| reason | uses | for instance |
| --- | ---: | --- |
| unknown-key | 1 | `a.py:2:1`: moves the whole conversation |

## What the configuration lacks

Fill in and add to `k.yaml` (`kognitos-migrate init` does it):

```yaml
processes:
  abc:
```

## Every finding

### `a.py`

- 1:1 **[KOG101](https://example.com/start)** starts a v1 run (fixable with `kognitos-migrate fix`)
  - moves the whole conversation
  - KOGNITOS\_URL can override the default
"""


def test_the_page() -> None:
    page = markdown_report(RESULT, "k.yaml", "processes:\n  abc:\n")
    assert page.startswith(PAGE)
    assert page.endswith("""\
## Blind spots

What can't be followed, or is too large, and shows no sign of v1.

- `a.py:3:1`: the method is not known

## Not looked at

- `c.py:4`: not text
""")


def test_nothing_found() -> None:
    assert markdown_report(Result(files=2)) == "# Migration from v1 to v2\n\nNo v1 use found in 2 files.\n"
