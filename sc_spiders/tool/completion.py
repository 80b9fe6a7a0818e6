"""The script by which a shell completes verbs, options and their words. It holds them all, so it runs no Python."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import shtab
from scrapy.commands import ScrapyCommand

from . import verbs
from .options import Parser, parser_of, spider_of
from .project_commands import command_of, parser_of_command

SHELLS = ("bash", "zsh", "fish")

# How help names lists of words, with commas between them.
_LIST = "[,"
# What `shtab` writes for zsh where any number of words may stand: it completes only the first of them.
_FIRST_WORD, _EACH_WORD = '"(*)::', '"*:'
# How help names the values of options and the words that are files or folders.
_FILE = re.compile(r"FILE|FOLDER|INPUT|OUT|PATH")


def script(shell: str) -> str:
    """The script for that shell."""
    root = Parser(prog="sc-spiders")
    root.add_argument("--version", action="store_true", help="the version")
    found = root.add_subparsers(metavar="VERB")
    parsers = {verbs.shown_name(name): parser_of(spider_of(name), choices=True) for name in verbs.spiders()}
    parsers |= {name: _parser_of_command(name, command_of(name)) for name in verbs.commands()}
    summaries = {verbs.shown_name(name): summary for name, summary in (verbs.spiders() | verbs.commands()).items()}
    for name, parser in parsers.items():
        _complete_files(parser)
        _complete_lists(name, parser)
        found.add_parser(name, parents=[parser], add_help=False, conflict_handler="resolve", help=summaries[name])
    completion = found.add_parser("completion", help="The script for this")
    completion.add_argument("shell", choices=SHELLS)
    text: str = shtab.complete(root, shell=shell)
    if shell == "zsh":
        text = text.replace(_FIRST_WORD, _EACH_WORD)
    return text


def _parser_of_command(name: str, command: ScrapyCommand) -> Parser:
    """The options of a command, and the words that it takes besides."""
    parser = parser_of_command(name, command)
    if _FILE.search(command.syntax()):
        words = parser.add_argument("words", nargs="*")
        vars(words)["complete"] = _words_or_files(name, getattr(command, "words", ()))
    return parser


def _complete_files(parser: Parser) -> None:
    """Complete names of files where help asks for one."""
    for action in parser.actions:
        if isinstance(action.metavar, str) and _FILE.search(action.metavar):
            vars(action)["complete"] = shtab.FILE


def _complete_lists(verb: str, parser: Parser) -> None:
    """Complete further words after a comma. `shtab` itself knows only the first."""
    for action in parser.actions:
        if action.choices and isinstance(action.metavar, str) and _LIST in action.metavar:
            vars(action)["complete"] = _list(f"_sc_spiders_{verb}_{action.dest}", list(action.choices))


def _list(function: str, words: Sequence[str]) -> dict[str, Any]:
    """What completes the last of some words with commas between them. Words that stand there are not offered again."""
    listed = " ".join(words)
    return {
        "bash": function,
        "zsh": f"_values -s , word {listed}",
        "fish": f"({function})",
        "preamble": {
            "bash": f"""{function}() {{
  local word before=""
  [[ "$1" == *,* ]] && before="${{1%,*}},"
  for word in {listed}; do
    [[ ",$before" == *",$word,"* ]] || compgen -P "$before" -W "$word" -- "${{1##*,}}"
  done
}}""",
            "fish": f"""function {function}
  set -l before (commandline -ct | string replace -r '^--[^=]*=' '' | string replace -r '[^,]*$' '')
  for word in {listed}
    string match -q -- "*,$word,*" ",$before"; or printf '%s%s\\n' "$before" $word
  end
end""",
        },
    }


def _words_or_files(name: str, words: Sequence[str]) -> dict[str, Any]:
    """What completes these words and names of files. `shtab` itself knows only one of the two."""
    if not words:
        return shtab.FILE
    function = f"_sc_spiders_{name}_or_file"
    listed = " ".join(words)
    return {
        "bash": function,
        "zsh": function,
        "fish": f"({function})",
        "preamble": {
            "bash": f'{function}() {{ compgen -W "{listed}" -- "$1"; _shtab_compgen_files "$1"; }}',
            "zsh": f'{function}() {{ _alternative "words:word:({listed})" "files:file:_files" }}',
            "fish": f"function {function}; printf '%s\\n' {listed}; __fish_complete_path (commandline -ct); end",
        },
    }
