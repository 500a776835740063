"""Where what is kept between runs lies."""

import os
import sys

APPLICATION = "kognitos-migrate"


def cache_folder() -> str:
    """The folder in the user's cache folder. It need not be there."""
    if (
        sys.platform == "linux"
    ):  # platformdirs says the same; loading it takes a tenth of a commit hook's time
        base = os.environ.get("XDG_CACHE_HOME", "").strip() or os.path.expanduser("~/.cache")
        return os.path.join(base, APPLICATION)
    import platformdirs

    return platformdirs.user_cache_dir(APPLICATION, appauthor=False)
