"""`scrapy doctor`: checks everything that a crawl needs, and says what to do about each fault."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from sc_spiders.config.project_command import ProjectCommand
from sc_spiders.redaction import logs
from sc_spiders.redaction.given import redis_passwords, secrets
from sc_spiders.redaction.known import Secrets

if TYPE_CHECKING:
    import argparse

    from sc_spiders.config.doctor.finding import Finding


class Command(ProjectCommand):
    def syntax(self) -> str:
        return "[--online] [JOBDIR]"

    def short_desc(self) -> str:
        return "Look whether all that a crawl needs is there, and say what to do"

    def long_desc(self) -> str:
        return (
            "Looks at Python, packages, settings, schemas, spiders, the sandbox, credentials, the token file, the "
            "output folder and, where SC_REDIS_URL is set, Redis. Shows no secret. The exit code is 1 where something "
            "keeps crawls from working. With a JOBDIR it reads instead all that this job wrote, and compares checksums."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--online", action="store_true", help="also ask the API whether the credentials are good")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) > 1:
            raise UsageError("doctor takes one job directory at most", print_help=False)
        assert self.settings is not None
        logs.begin(Secrets(*secrets(self.settings), *redis_passwords(self.settings)))
        bad = 0
        for finding in self._findings(args, opts):
            bad += finding.mark == "BAD"
            for line in finding.lines():
                print(logs.redact(line), flush=True)
        if bad:
            print(f"\n{bad} to mend")
        else:
            print("\nAll is well.")
        self.exitcode = int(bad > 0)

    def _findings(self, args: list[str], opts: argparse.Namespace) -> Iterable[Finding]:
        # Imported here: Scrapy imports all commands for each command.
        from sc_spiders.config.doctor import examine
        from sc_spiders.config.doctor.job import examine_job

        assert self.settings is not None
        if args:
            return examine_job(Path(args[0]))
        return examine(self.settings, online=opts.online)
