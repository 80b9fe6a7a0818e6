"""`scrapy logout`: removes the tokens of the public API."""

import argparse
import asyncio
import sys

from scrapy.exceptions import UsageError

from sc_spiders.config.project_command import ProjectCommand
from sc_spiders.credentials import CredentialError
from sc_spiders.credentials.logout import log_out
from sc_spiders.errors import BadHost
from sc_spiders.extensions.exit_status import exit_code


class Command(ProjectCommand):
    def short_desc(self) -> str:
        return "Forget the tokens of SoundCloud's public API"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if args:
            raise UsageError("logout takes no arguments", print_help=False)
        assert self.settings is not None
        try:
            forgotten = asyncio.run(log_out(self.settings))
        except (BadHost, CredentialError) as error:
            print(f"logout: {error}", file=sys.stderr)
            self.exitcode = exit_code(getattr(error, "reason", "bad_arguments"))
        else:
            message = "Nothing to forget: nobody is logged in"
            if forgotten:
                message = "Logged out; the tokens are forgotten"
            print(message)
