"""`scrapy login`: logs a user in to the public API, and stores the token for later crawls."""

import argparse
import asyncio
import math
import sys
import threading
import webbrowser

from scrapy.exceptions import UsageError

from sc_spiders.config.project_command import ProjectCommand
from sc_spiders.credentials import CredentialError
from sc_spiders.errors import BadHost, MissingLibrary, needs
from sc_spiders.extensions.exit_status import exit_code


class Command(ProjectCommand):
    def short_desc(self) -> str:
        return "Log in to SoundCloud's public API and keep the token"

    def long_desc(self) -> str:
        return (
            "Prints and opens SoundCloud's page, waits on this machine for the browser to come back, and keeps "
            "the token in SC_TOKEN_FILE. Takes SC_CLIENT_ID, SC_CLIENT_SECRET and SC_REDIRECT_URI of your app."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--no-browser", action="store_true", help="only print the page's address")
        parser.add_argument("--timeout", type=float, default=300, metavar="SECONDS", help="default: 300")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if args:
            raise UsageError("login takes no arguments", print_help=False)
        if not 0 < opts.timeout < math.inf:
            raise UsageError(f"--timeout is {opts.timeout}; it takes seconds, more than 0", print_help=False)
        assert self.settings is not None

        async def show(page: str, way_back: str) -> None:
            print(f"Open this page and log in:\n\n  {page}\n\nWaiting at {way_back}", flush=True)
            if not opts.no_browser:
                # In a thread: a browser in the terminal blocks until its page is answered.
                threading.Thread(target=webbrowser.open, args=(page,), daemon=True).start()

        try:
            with needs("sandbox", "login"):
                from sc_spiders.credentials.login import log_in  # imports an HTTP server
            file = asyncio.run(log_in(self.settings, show, opts.timeout))
        except (BadHost, CredentialError, MissingLibrary) as error:
            print(f"login: {error}", file=sys.stderr)
            self.exitcode = exit_code(getattr(error, "reason", "bad_arguments"))
        except KeyboardInterrupt:
            print("login: cancelled, nothing was stored", file=sys.stderr)
            self.exitcode = 130  # what a shell reports for Ctrl-C
        else:
            print(f"Logged in; the token is in {file.path}")
