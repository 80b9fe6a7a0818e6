"""`sc-spiders`: what its words mean, and what runs then."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Sequence
from difflib import get_close_matches

from sc_spiders import __version__
from sc_spiders.errors import ArgumentError

from . import verbs
from .addresses import OF_USER, route
from .options import crawl_words, parser_of, spider_of, subject_of

_HELP = """\
Complete, validated, resumable data sets from SoundCloud's APIs.

  sc-spiders ADDRESS...  what an address of soundcloud.com shows, such as
                         https://soundcloud.com/forss/likes, forss/flickermood,
                         @forss
  sc-spiders VERB ...    one of the following; `sc-spiders VERB --help` tells
                         its options

Crawl:
{spiders}

Look after data sets:
{commands}

  completion   Completion of all this, for bash, zsh or fish
  --version    The version

Without options, a crawl writes to output/<spider>/<start>. Exit codes:
0 finished, 1 incomplete, 2 wrong arguments, 3 stopped, and the same command
goes on, 4 credentials.
"""
_WIDTH = 80  # columns
_ALIKE = 0.8  # how much a word must be like a verb to be taken for a slip, and not for the name of a user
_BAD_ARGUMENTS, _INTERRUPTED = 2, 130


def main(argv: Sequence[str]) -> None:
    """Run the command of these words. Raises SystemExit with its exit code."""
    # A scrapy.cfg may be of another project, or there may be none.
    os.environ.setdefault("SCRAPY_SETTINGS_MODULE", "sc_spiders.settings")
    code: object = 0
    try:
        _run(list(argv))
    except ArgumentError as e:
        print(f"ERROR: {e}", file=sys.stderr)
        code = _BAD_ARGUMENTS
    except BrokenPipeError:
        pass  # the reader has seen enough, as `head` has
    except KeyboardInterrupt:
        print("Stopped before it had begun.", file=sys.stderr)
        code = _INTERRUPTED
    except SystemExit as e:
        code = e.code
    _end_output()
    raise SystemExit(code)


def _end_output() -> None:
    """Write what is left to write. If the reader has gone, Python would complain of that at its end."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(words: list[str]) -> None:
    match words:
        case [] | ["-h" | "--help" | "help"]:
            print(_help())
        case ["-V" | "--version"]:
            print(f"sc-spiders {__version__}")
        case ["help", verb]:
            _refuse_unknown(verb)
            _run([verb, "--help"])
        case ["completion", *shells]:
            _complete(shells)
        case [option, *_] if option.startswith("-"):
            raise ArgumentError(f"{option.partition('=')[0]} stands before a verb or an address: put it behind")
        case [verb, *_] if verb in verbs.SCRAPYS:
            _scrapy(words)
        case [verb, *others]:
            _run_verb(verb, others)


def _run_verb(verb: str, words: list[str]) -> None:
    name = verbs.full_name(verb)
    if name in verbs.commands():
        from .project_commands import run_command  # this needs Scrapy, as help and refusals do not

        raise SystemExit(run_command(name, words))
    if name in verbs.spiders() and not words:
        print(parser_of(spider_of(name)).format_help(), file=sys.stderr, end="")
        raise SystemExit(_BAD_ARGUMENTS)
    _scrapy(scrapy_words([verb, *words]))


def scrapy_words(words: Sequence[str]) -> list[str]:
    """The words of `scrapy` for those of a crawl: a spider's verb or addresses, and options. Raises ArgumentError."""
    name = verbs.full_name(words[0])
    if name in verbs.spiders():
        return crawl_words(spider_of(name), words[1:])
    return _routed(words)


def _scrapy(words: list[str]) -> None:
    from scrapy.cmdline import execute  # the same

    execute(["scrapy", *words])


def _refuse_unknown(verb: str) -> None:
    """Raises ArgumentError for a word that is no verb."""
    if verbs.full_name(verb) not in verbs.spiders() | verbs.commands() and verb not in verbs.SCRAPYS | {"completion"}:
        raise ArgumentError(f"there is no verb {verb!r}{_nearest(verb)}")


def _nearest(word: str) -> str:
    """The end of a message: the verb that a word is most like, if any is."""
    near = get_close_matches(word.lower(), _known(), 1, _ALIKE)
    return "".join(f"; did you mean {one}?" for one in near)


def _known() -> tuple[str, ...]:
    """All verbs."""
    return (*verbs.spiders(), *verbs.SHORT, *verbs.commands(), "completion")


def _refuse_slip(words: Sequence[str]) -> None:
    """Refuse a first word that is like a verb, and a later one that names a list. They may also be names of users."""
    verb, *others = words
    if verb in verbs.ELSEWHERE:
        raise ArgumentError(
            f"there is no verb {verb!r}; did you mean `{verbs.ELSEWHERE[verb]}`? For the user of that name: "
            f"`sc-spiders @{verb}`"
        )
    if near := _nearest(verb):
        raise ArgumentError(f"there is no verb {verb!r}{near} For the user of that name: `sc-spiders @{verb}`")
    for word in others:
        if word in OF_USER:
            raise ArgumentError(f"{word}: did you mean {verb}/{word}? For the user of that name: `sc-spiders @{word}`")


def _routed(words: Sequence[str]) -> list[str]:
    """The words of `scrapy` for addresses, and the options behind them. Raises ArgumentError."""
    count = next((number for number, word in enumerate(words) if word.startswith("-")), len(words))
    addresses, options = words[:count], words[count:]
    _refuse_slip(addresses)
    routes = [route(address) for address in addresses]
    first = routes[0]
    for address, other in zip(addresses, routes, strict=True):
        if (other.spider, other.arguments) != (first.spider, first.arguments):
            raise ArgumentError(f"{addresses[0]} and {address} are not of one kind: crawl them one by one")
    spider = spider_of(first.spider)
    given = {name: [value] for name, value in first.arguments.items()}
    if subject := subject_of(spider):
        given[subject] = [one.subject for one in routes]
    return crawl_words(spider, options, given)


def _complete(shells: Sequence[str]) -> None:
    from .completion import SHELLS, script  # the same

    if len(shells) != 1 or shells[0] not in SHELLS:
        raise ArgumentError(f"completion takes one of {', '.join(SHELLS)}")
    print(script(shells[0]))


def _help() -> str:
    rows = {
        "spiders": {verbs.shown_name(name): summary for name, summary in verbs.spiders().items()},
        "commands": verbs.commands(),
    }
    return _HELP.format(**{group: _table(found) for group, found in rows.items()})


def _table(rows: dict[str, str]) -> str:
    return "\n".join(_row(name, summary) for name, summary in sorted(rows.items()))


def _row(name: str, summary: str) -> str:
    return textwrap.fill(summary, _WIDTH, initial_indent=f"  {name:<12} ", subsequent_indent=" " * 15)
