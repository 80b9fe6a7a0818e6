"""`scrapy logout`: removes the tokens of the public API, and ends the session at SoundCloud."""

import argparse
import asyncio
import sys

from scrapy.exceptions import UsageError

from sc_spiders.config.project_command import ProjectCommand
from sc_spiders.credentials import CredentialError
from sc_spiders.credentials.logout import log_out
from sc_spiders.errors import BadHost
from sc_spiders.extensions.exit_status import exit_code

_SHARED = "the tokens that workers share in Redis are still there: redis-cli DEL sc_spiders:credentials"
_LEFT = "the token is forgotten here, and runs out there within an hour"


class Command(ProjectCommand):
    def short_desc(self) -> str:
        return "Forget the tokens of SoundCloud's public API, and end the session there"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if args:
            raise UsageError("logout takes no arguments", print_help=False)
        assert self.settings is not None
        try:
            done = asyncio.run(log_out(self.settings))
        except (BadHost, CredentialError) as error:
            print(f"logout: {error}", file=sys.stderr)
            self.exitcode = exit_code(getattr(error, "reason", "bad_arguments"))
        else:
            message = "Nothing to forget: nobody is logged in"
            if done.forgotten:
                message = "Logged out; the tokens are forgotten"
            print(message)
            if done.trouble:
                print(f"logout: SoundCloud has not ended the session: {done.trouble}; {_LEFT}", file=sys.stderr)
            if self.settings.get("SC_REDIS_URL"):
                print(f"logout: {_SHARED}", file=sys.stderr)
