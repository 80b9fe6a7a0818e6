"""Runs the commands of the project as `scrapy` does, with our own name in their help and messages."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.utils.project import get_project_settings

from sc_spiders.errors import ArgumentError

from .options import Formatter, Parser


def command_of(name: str) -> ScrapyCommand:
    """The command of that name, with the project's settings."""
    command: ScrapyCommand = import_module(f"sc_spiders.commands.{name}").Command()
    command.settings = get_project_settings()
    command.settings.setdict(command.default_settings, priority="command")
    return command


def parser_of_command(name: str, command: ScrapyCommand) -> Parser:
    """The options of a command."""
    parser = Parser(
        prog=f"sc-spiders {name}",
        usage=f"sc-spiders {name} {command.syntax()}",
        description=command.long_desc(),
        formatter_class=Formatter,
        conflict_handler="resolve",
        allow_abbrev=False,
    )
    command.add_options(parser)
    return parser


def run_command(name: str, words: Sequence[str]) -> int:
    """Run a command. Returns its exit code. Raises ArgumentError."""
    command = command_of(name)
    parser = parser_of_command(name, command)
    options, others = parser.parse_known_args(words)
    parser.refuse_unknown(others)
    try:
        command.process_options(others, options)
        command.run(others, options)
    except UsageError as e:
        raise ArgumentError(f"{e} (`{parser.prog} --help` tells more)") from None
    return command.exitcode
