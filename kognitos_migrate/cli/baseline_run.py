"""What both commands do that write a baseline: look at all that is found, and say where the file is."""

from pathlib import Path
from typing import NamedTuple

from kognitos_migrate.cli.bundles import Chatter, Where, bundle, where_options
from kognitos_migrate.cli.options import all_files_option, baseline_option
from kognitos_migrate.cli.output import say_problems
from kognitos_migrate.cli.progress import shown_progress
from kognitos_migrate.run.session import Options, Session, run_check


class Baseline(NamedTuple):
    """Which baseline, and of what."""

    all_files: bool
    file: Path | None
    where: Where

    def run(self, paths: tuple[str, ...], chatter: Chatter) -> Session:
        """All that is found, whatever the baseline knows of it."""
        config, files = self.where
        written = (str(self.file),) if self.file is not None else ()  # what stands in it is no text to search
        options = Options(config=config, files=files, all_files=self.all_files, written=written)
        with shown_progress(chatter.quiet) as progress:
            session = run_check(paths or (".",), options, progress)
        say_problems(session.result, chatter.verbose)
        return session

    def place(self, session: Session) -> Path:
        """Where the baseline of a run is."""
        from kognitos_migrate.config.settings import BASELINE

        return self.file or session.settings.baseline or session.settings.root / BASELINE


def _baseline(all_files: bool, baseline: Path | None, where: Where) -> Baseline:
    return Baseline(all_files, baseline, where)


baseline_options = bundle("baseline", _baseline, all_files_option, baseline_option, where_options)
