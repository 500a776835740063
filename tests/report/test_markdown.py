"""The report as a page."""

from kognitos_migrate.findings.result import Result
from kognitos_migrate.report.markdown import markdown_report
from tests.report.examples import RESULT

PAGE = r"""# Kognitos v1 to v2 migration

5 files checked. Found 3 v1 calls in 2 files:

- 1 fixable with `kognitos-migrate fix`
- 1 fixable with `kognitos-migrate fix --adapt`
- 1 to change by hand

## By operation

| code | meaning | findings | fixable | not fixable |
| --- | --- | ---: | ---: | ---: |
| KOG101 | starts a v1 run | 1 | 1 | 0 |
| KOG201 | follows a run | 2 | 0 | 2 |

## By file

| file | findings | fixable | not fixable |
| --- | ---: | ---: | ---: |
| `a.py` | 2 | 1 | 1 |
| `b\|.py` | 1 | 0 | 1 |

## Why findings have no safe fix

| reason | findings | example |
| --- | ---: | --- |
| unknown-key | 1 | `a.py:2:1`: moves the whole conversation |

## Missing from the configuration

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

Code that can't be followed or is too large, without signs of v1.

- `a.py:3:1`: the method is not known

## Not checked

- `c.py:4`: not text
""")


def test_nothing_found() -> None:
    assert (
        markdown_report(Result(files=2)) == "# Kognitos v1 to v2 migration\n\nNo v1 calls found in 2 files.\n"
    )
