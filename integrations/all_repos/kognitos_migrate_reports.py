"""The state of all repositories that all-repos has cloned: a report of each, and one page of them all.

python -m kognitos_migrate_reports --config-filename all-repos.json --output reports
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from all_repos import cli, mapper
from all_repos.config import load_config

TOOL = (sys.executable, "-I", "-m", "kognitos_migrate")  # -I: no module of the clone, where it runs


def main(argv: Sequence[str] | None = None) -> int:
    """Report on every clone, and join the reports; 2 if a report could not be made."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cli.add_common_args(parser)
    cli.add_jobs_arg(parser)
    parser.add_argument("--output", type=Path, default=Path("reports"), help="the folder to write to")
    parser.add_argument("--configuration", help="a kognitos-migrate.yaml for the repositories that have none")
    args = parser.parse_args(argv)
    config = load_config(args.config_filename)
    args.output.mkdir(parents=True, exist_ok=True)
    clones = [Path(config.output_dir, name) for name in sorted(config.get_cloned_repos())]
    files = [args.output.resolve() / f"{name_of(clone, config.output_dir)}.json" for clone in clones]
    configuration = os.path.abspath(args.configuration) if args.configuration else None
    with mapper.thread_mapper(args.jobs) as do_map:
        codes = list(do_map(partial(report, configuration), clones, files))
    written = [str(file) for file in files if file.exists()]
    if written:
        page = str(args.output / "all.html")
        codes.append(subprocess.call([*TOOL, "report", "--merge", *written, "--format", "html", "-o", page]))
    return 2 if any(codes) else 0


def name_of(clone: Path, above: str) -> str:
    """The name of a clone's report: `team/app` is `team--app`."""
    return clone.relative_to(above).as_posix().replace("/", "--")


def report(configuration: str | None, clone: Path, file: Path) -> int:
    """Write the report of one clone; the exit code of the tool."""
    own = configuration is None or (clone / "kognitos-migrate.yaml").exists()
    options = () if own else ("--config", str(configuration))
    command = [*TOOL, "report", "--quiet", "--format", "json", "-o", str(file), *options, "."]
    return subprocess.call(command, cwd=clone)


if __name__ == "__main__":
    raise SystemExit(main())
