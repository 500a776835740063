"""Programs that read the key in the error of a missing field: a function raises it under the old name.

Each part of key_errors.txt is a program below its name; what it becomes follows below `#>`, without the
functions.
"""

import pytest

from tests.rewrites.helpers import REQUIRE_ID, REQUIRE_STATUS, V1_STATE
from tests.rewrites.tables import programs
from tests.rewrites.verbs import check_code

HEAD = 'HOST = "https://rest-api.app.kognitos.com"\n'
PROGRAMS = programs("key_errors.txt")
HELPERS = {"v1_state(": V1_STATE, "require_id(": REQUIRE_ID, "require_status(": REQUIRE_STATUS}


@pytest.mark.parametrize("body", PROGRAMS.values(), ids=PROGRAMS)
def test_the_error_names_the_old_key(body: str) -> None:
    before, _, after = body.partition("\n#>\n")
    helpers = "".join(helper for call, helper in HELPERS.items() if call in after)
    check_code(f"import requests\n{HEAD}{before}\n", f"import requests\n{helpers}\n\n{HEAD}{after}\n")
