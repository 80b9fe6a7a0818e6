"""The script by which a shell completes verbs, options and their words. It holds them all, so it runs no Python."""

from __future__ import annotations

import shtab

from . import verbs
from .options import Parser, parser_of, spider_of
from .project_commands import command_of, parser_of_command

SHELLS = ("bash", "zsh", "fish")


def script(shell: str) -> str:
    """The script for that shell."""
    root = Parser(prog="sc-spiders")
    root.add_argument("--version", action="store_true", help="the version")
    found = root.add_subparsers(metavar="VERB")
    parsers = {verbs.shown_name(name): parser_of(spider_of(name), choices=True) for name in verbs.spiders()}
    parsers |= {name: parser_of_command(name, command_of(name)) for name in verbs.commands()}
    summaries = {verbs.shown_name(name): summary for name, summary in (verbs.spiders() | verbs.commands()).items()}
    for name, parser in parsers.items():
        found.add_parser(name, parents=[parser], add_help=False, conflict_handler="resolve", help=summaries[name])
    completion = found.add_parser("completion", help="The script for this")
    completion.add_argument("shell", choices=SHELLS)
    text: str = shtab.complete(root, shell=shell)
    return text
