"""Parses and checks spider arguments, with one clear message for a bad one.

An `Argument` parses one `-a name=value`. A bad value raises `ArgumentError`, which ends the crawl before its first
request (exit code 2).
"""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from sc_spiders import api as endpoints
from sc_spiders import records
from sc_spiders.base_spiders.targets import (
    EXAMPLES,
    LONGEST_WORD,
    Target,
    any_targets,
    clean_url,
    given_words,
    refuse_secrets,
    targets,
)
from sc_spiders.errors import ArgumentError, BadValue, InputError, typed
from sc_spiders.pages import since
from sc_spiders.pages.seeds import Words
from sc_spiders.redaction.printable import is_utf8, printable
from sc_spiders.redaction.shares import path_has_token

_ALIKE = 0.7  # how similar a known word must be to an unknown one to be suggested
_DURATION = re.compile(r"([0-9]{1,10})([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST_DURATION = 36500 * 86400  # seconds: a hundred years


@dataclass(frozen=True, slots=True)
class Argument:
    """`parse` raises ArgumentError. `default`: the value if the argument is not given; None if it must be given.

    `by_word`: `parse` itself refuses credentials, in each word. `example`: a value for the help.
    `is_file`: the value names a file, which only the crawl reads.
    """

    parse: Callable[[str], Any]
    default: str | None = None
    help: str = ""
    by_word: bool = False
    example: str = ""
    is_file: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """All words that the argument takes; empty if it also takes others."""
        if isinstance(self.parse, Choice | Several):
            return tuple(filter(None, self.parse.words))
        return ()

    @property
    def told(self) -> str:
        """The help text, with the argument's words and its default."""
        text = self.help
        if any(word not in text for word in self.words):
            text += f": {', '.join(self.words)}"
        if self.default is None:
            return f"{text}; must be given"
        if self.default and not self.is_flag:
            return f"{text} (default: {self.default})"
        return text

    @property
    def is_flag(self) -> bool:
        """Whether 1 means yes, so that an option needs no value."""
        try:
            return self.parse("1") is True
        except ArgumentError:
            return False

    @property
    def takes_several(self) -> bool:
        """Whether the argument takes several words, separated by commas."""
        return self.by_word or isinstance(self.parse, Several)


def subjects(kind: str, help: str) -> Argument:
    """The argument that names a spider's seeds."""
    return Argument(targets(kind), None, help, by_word=True, example=EXAMPLES[kind])


def named_in_file(help: str) -> Argument:
    """The argument that names a file of ids, URNs, permalinks and addresses; its value: `Words[Target]`."""

    def parse(value: str) -> Words[Target]:
        found = any_targets(given_words(f"@{value.removeprefix('@')}"))
        if not found:
            raise BadValue(value, "names nothing; it takes ids, URNs, permalinks or addresses, one a line")
        return found

    return Argument(parse, None, help, example="ids.txt", is_file=True)


def nodes_of_output(help: str) -> Argument:
    """The argument that names an output; its value: the users, tracks and playlists in it, and their servers."""

    def parse(value: str) -> tuple[Words[Target], set[str | None]]:
        from sc_spiders.dataset.nodes import Nodes  # no other argument reads data sets

        nodes = Nodes([value])
        try:
            found = any_targets(nodes.urns())
        except InputError as e:
            raise ArgumentError(str(e)) from None
        if not found:
            raise BadValue(value, "has no record of a user, track or playlist")
        return found, nodes.servers

    return Argument(parse, None, help, example="output/user/2026-03-01T09-00-00", is_file=True)


@dataclass(frozen=True, slots=True)
class Several:
    """A parser of one or more of these words, separated by commas. Each counts once."""

    words: tuple[str, ...]

    def __call__(self, value: str) -> tuple[str, ...]:
        given = tuple(dict.fromkeys(word.strip() for word in value.split(",") if word.strip()))
        if not given:
            raise ArgumentError(f"empty; give one or more of {', '.join(self.words)}")
        for word in given:
            if word not in self.words:
                raise _unknown(word, self.words)
        return given


def words(allowed: Iterable[str]) -> Several:
    """A parser of one or more of the allowed words."""
    return Several(tuple(allowed))


def kinds() -> Several:
    """A parser of one or more kinds of records."""
    return Several(tuple(records.FIELDS))


def _unknown(word: str, known: Sequence[str]) -> BadValue:
    takes = f"it takes {', '.join(filter(None, known))}"
    if near := did_you_mean(word, known):
        return BadValue(word, f"unknown{near} I{takes[1:]}")
    return BadValue(word, f"unknown; {takes}")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown word: the most similar known word, or "" if none is similar."""
    near = difflib.get_close_matches(word.lower(), known, 1, _ALIKE)
    if not near:
        return ""
    return f"; did you mean {near[0]}?"


def include(spider: str, default: str = "profile") -> Argument:
    """The argument that chooses a subject's lists. Its words are the catalogue's."""
    known = endpoints.words(spider)
    return Argument(words(known), default, f"what is wanted of each: {', '.join(known)}")


@dataclass(frozen=True, slots=True)
class Choice:
    """A parser of one of these words."""

    words: tuple[str, ...]

    def __call__(self, value: str) -> str:
        if value not in self.words:
            raise _unknown(value, self.words)
        return value


def choice(*allowed: str) -> Choice:
    """A parser of one of the allowed words."""
    return Choice(allowed)


def number(least: int = 0) -> Callable[[str], int]:
    """A parser of a whole number, `least` or more."""

    def parse(value: str) -> int:
        if not (value.isascii() and value.isdigit() and len(value) < 19) or int(value) < least:
            raise BadValue(value, f"not a whole number from {least}")
        return int(value)

    return parse


def share(value: str) -> float:
    """A number from 0 to below 1."""
    try:
        number = float(value)
    except ValueError:
        number = 1.0
    if not 0 <= number < 1:
        raise BadValue(value, "not a number from 0 to below 1")
    return number


def duration(value: str) -> int:
    """The seconds of a duration: `30d`, `12h`, `90m`, `45s`, `45`."""
    given = _DURATION.fullmatch(value)
    if given is None or (seconds := int(given[1]) * _SECONDS[given[2]]) > _LONGEST_DURATION:
        raise ArgumentError("it takes a duration such as 30d, 12h, 90m or 45s, of at most 36500d; 0: none")
    return seconds


def flag(value: str) -> bool:
    """0 or 1."""
    if value not in {"0", "1"}:
        raise BadValue(value, "neither 0 nor 1")
    return value == "1"


def preview(value: str) -> bool:
    """0, 1, or nothing. Nothing means 0."""
    return bool(value) and flag(value)


def urls(help: str) -> Argument:
    """The argument that names addresses of soundcloud.com, in the form of `given_words`; its value: `Words[str]`."""

    def parse(value: str) -> Words[str]:
        found = Words(given_words(value), clean_url, clean_url)
        if not found:
            raise ArgumentError("empty; give an address like https://soundcloud.com/forss")
        return found

    return Argument(parse, None, help, by_word=True, example="https://soundcloud.com/forss")


def region(value: str) -> str:
    """A country's two letters, also in the form `soundcloud:regions:GB`; or nothing."""
    code = value.removeprefix("soundcloud:regions:").upper()
    if code and not re.fullmatch("[A-Z]{2}", code):
        raise BadValue(value, "not the two letters of a country, such as GB")
    return code


def path(value: str) -> tuple[str, dict[str, str]]:
    """A path of the API, and its query."""
    where, _, query = value.partition("?")
    if not re.fullmatch(r"/[!$%&'()*+,./0-9:;=@A-Z_a-z~-]+", where) or "//" in where or "/../" in f"{unquote(where)}/":
        raise BadValue(value, "not a path of the API, such as /users/183/followings")
    if path_has_token(where):
        raise ArgumentError("holds a share token, which is a credential; see SC_SECRET_TOKENS")
    return where, params(query)


def text(value: str) -> str:
    """Text that is not empty."""
    if not value.strip():
        raise ArgumentError("empty")
    return value


def params(value: str) -> dict[str, str]:
    """Parameters in the form `k=v&k2=v2`, by name."""
    if not value:
        return {}
    try:
        pairs = parse_qsl(value, keep_blank_values=True, strict_parsing=True)
    except ValueError:
        raise ArgumentError("cannot be read; it takes k=v&k2=v2") from None
    if len(dict(pairs)) < len(pairs):
        raise ArgumentError("names a parameter twice")
    return dict(pairs)


def refuse_unknown(declared: Mapping[str, Argument], names: Iterable[str]) -> None:
    """Raises ArgumentError for an argument that the spider does not have. Scrapyd gives some that begin with `_`."""
    for name in names:
        if name not in declared and not name.startswith("_"):
            takes = f"this spider takes {', '.join(declared)}{did_you_mean(name, declared)}"
            raise ArgumentError(f"there is no argument {name!r}; {takes}")


def example(declared: Mapping[str, Argument]) -> dict[str, str]:
    """Arguments that show how a spider is run: all that must be given, and one optional argument."""
    required = {name: argument.example for name, argument in declared.items() if argument.default is None}
    for name, argument in declared.items():
        if value := _optional_example(argument):
            return {**required, name: value}
    return required


def _optional_example(argument: Argument) -> str:
    """A value that shows what an optional argument is for; "" if there is none, or the argument must be given."""
    if argument.default is None:
        return ""
    if argument.example:
        return argument.example
    if argument.is_flag:
        return "1"
    usual = argument.default.split(",")
    return next((word for word in argument.words if word not in usual), "")


def subject(declared: Mapping[str, Argument]) -> str | None:
    """The name of the argument that must be given. The tool takes it without an option."""
    return next((name for name, argument in declared.items() if argument.default is None), None)


def dashed(name: str) -> str:
    """The name of the tool's option for an argument, without its leading dashes."""
    return name.replace("_", "-")


def command_line(
    spider: str, declared: Mapping[str, Argument], given: Mapping[str, str], settings: Mapping[str, str] | None = None
) -> str:
    """The command that runs a spider, as the person who started this process would type it."""
    words = [typed.command(), "crawl", spider]
    if typed.name() == typed.TOOL:
        words.remove("crawl")
    options = [typed.setting(*one) for one in (settings or {}).items()]
    return " ".join([*words, written(declared, given), *options])


def written(declared: Mapping[str, Argument], given: Mapping[str, str]) -> str:
    """These arguments, as the person who started this process would type them."""
    if typed.name() == typed.TOOL:
        return shlex.join(as_options(declared, given))
    return shlex.join(as_words(given))


def as_options(declared: Mapping[str, Argument], given: Mapping[str, str]) -> list[str]:
    """These arguments on a command line of the tool. A subject that begins with - comes after the options."""
    words: list[str] = []
    last: list[str] = []
    for name, value in given.items():
        if name == subject(declared):
            last = ["--", value]
            if not value.startswith("-"):
                words, last = [value, *words], []
        elif not declared[name].is_flag:
            words += [f"--{dashed(name)}", value]
        elif value == "1":
            words.append(f"--{dashed(name)}")
    return [*words, *last]


def as_words(given: Mapping[str, str]) -> list[str]:
    """These arguments on a command line of Scrapy."""
    words: list[str] = []
    for name, value in given.items():
        words += ["-a", f"{name}={value}"]
    return words


def parse_arguments(declared: Mapping[str, Argument], given: Mapping[str, str]) -> dict[str, Any]:
    """All arguments of a spider, parsed, by name. Raises ArgumentError, whose message names the argument.

    Credentials are refused, because arguments are stored with the job and shown in its output.
    """
    for name, value in given.items():
        if name in declared and declared[name].by_word:
            value = value[:LONGEST_WORD]  # the rest is checked word by word
        with _named(name):
            refuse_secrets(f"{name}={value}")
    refuse_unknown(declared, given)
    parsed: dict[str, Any] = {}
    for name, argument in declared.items():
        text = given.get(name, argument.default)
        if text is None:
            raise ArgumentError(f"{name} is missing: {argument.help}")
        with _named(name):
            if not is_utf8(text):
                raise ArgumentError("not text in UTF-8")
            parsed[name] = argument.parse(text)
    return parsed


@contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except BadValue as e:
        raise ArgumentError(f"{name}={shown(e)}") from None
    except ArgumentError as e:
        raise ArgumentError(f"{name}: {e}") from None


def shown(error: BadValue) -> str:
    """A message: the bad value, and why it is bad."""
    return f"{printable(error.value)}: {error}"


def since_argument(lists: str) -> Argument:
    """The argument `since` of a spider that has these lists."""
    return Argument(since.parse, "", f"{lists}: only what is newer than this date; last: than the last such crawl")


def until_argument(lists: str) -> Argument:
    """The argument `until` of a spider that has these lists."""
    return Argument(since.parse_until, "", f"{lists}: only what is not newer than this date")
