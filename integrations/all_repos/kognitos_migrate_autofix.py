"""An autofixer for all-repos: moves what is safe to move from v1 to v2, and hands a branch of each repository
that changed to the `push` of all-repos' configuration.

    python -m kognitos_migrate_autofix --config-filename all-repos.json --dry-run
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import partial

from all_repos import autofix_lib
from all_repos.config import Config
from all_repos.grep import repos_matching

TOOL = (sys.executable, "-I", "-m", "kognitos_migrate")  # -I: no module of the clone, where it runs
MESSAGE = """\
Move from the Kognitos REST API v1 to v2

Made by `kognitos-migrate fix`. What is left to do by hand: `kognitos-migrate check`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Fix every repository that names the API, or those that `--repos` names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    autofix_lib.add_fixer_args(parser)
    parser.add_argument(
        "--naming",
        default="kognitos",
        help="what a repository names that is looked at, whatever its case (default: %(default)s)",
    )
    parser.add_argument(
        "--configuration",
        help="a kognitos-migrate.yaml for the repositories that have none; it stands in a folder of its own",
    )
    parser.add_argument("--adapt", action="store_true", help="run `fix --adapt`")
    args = parser.parse_args(argv)
    repos, config, commit, settings = autofix_lib.from_cli(
        args, find_repos=partial(find_repos, naming=args.naming), msg=MESSAGE, branch_name="kognitos-v2"
    )
    configuration = os.path.abspath(args.configuration) if args.configuration else None
    autofix_lib.fix(
        repos,
        apply_fix=partial(apply_fix, configuration=configuration, adapt=args.adapt),
        config=config,
        commit=commit,
        autofix_settings=settings,
    )
    return 0


def find_repos(config: Config, naming: str) -> Iterable[str]:
    """The clones in which the word stands."""
    return sorted(repos_matching(config, ("--ignore-case", "--fixed-strings", naming)))


def apply_fix(configuration: str | None, adapt: bool) -> None:
    """Fix the repository in the working folder. Raises where the tool could not do its work, so that this
    repository is left out."""
    command = [*TOOL, "fix", "--no-undo", *(["--adapt"] if adapt else []), *chosen(configuration), "."]
    code = autofix_lib.run(*command, check=False).returncode
    if code not in (0, 1):  # 1: something is left to do by hand
        raise subprocess.CalledProcessError(code, command)
    autofix_lib.run("git", "add", "--intent-to-add", ".")  # a module of adapters is a new file


def chosen(configuration: str | None) -> Sequence[str]:
    """The option that says the configuration, where the repository has none of its own."""
    if configuration is None or os.path.exists("kognitos-migrate.yaml"):
        return ()
    return ("--config", configuration)


if __name__ == "__main__":
    raise SystemExit(main())
