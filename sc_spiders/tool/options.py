"""The options of a spider's verb, made from what the spider declares; and the same as words for `scrapy crawl`."""

from __future__ import annotations

import argparse
import inspect
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn, cast

from sc_spiders.base_spiders import arguments
from sc_spiders.base_spiders.arguments import Argument, as_options, dashed, did_you_mean
from sc_spiders.base_spiders.targets import refuse_secrets
from sc_spiders.errors import ArgumentError, BadValue
from sc_spiders.records.words import wrapped

from . import verbs
from .verbs import shown_name

if TYPE_CHECKING:
    from sc_spiders.base_spiders.hooks import SpiderHooks

# Short options that every verb has, so no argument gets them.
_TAKEN = frozenset("hLoOs")
# How an output is written that begins with -, as the standard output in a format does: `-o-:csv`.
_OUTPUTS = {"-o": "-o", "-O": "-O", "--output": "--output=", "--overwrite-output": "--overwrite-output="}
_EXCEL = frozenset({".xlsx", ".xls"})
# How one argument of `argparse` is stored: a spider's argument may have the name of an option.
_DEST = "argument_{}"
_SUBJECT = "subject"
# The message of argparse if an option lacks its value.
_LACKS_VALUE = re.compile(r"argument (\S+): expected one argument")
_NOTHING: Mapping[str, Sequence[str]] = MappingProxyType({})


class Formatter(argparse.HelpFormatter):
    """Wraps help to the terminal, paragraph by paragraph, and never within a word: people copy words from it."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return wrapped(text, width, indent)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(text, width).splitlines()


class Parser(argparse.ArgumentParser):
    """Raises ArgumentError where argparse would print its usage and exit."""

    def error(self, message: str) -> NoReturn:
        if found := _LACKS_VALUE.fullmatch(message):
            message = f"{found[1]} takes a value: {self._value_of(found[1])}"
        raise ArgumentError(f"{self.prog}: {message}")

    def _value_of(self, option: str) -> str:
        """The name of an option's value in the help. `option`: as in messages of argparse, such as `-o/--output`."""
        found = (action for action in self._actions if "/".join(action.option_strings) == option)
        return str(next(found).metavar)

    @property
    def actions(self) -> Sequence[argparse.Action]:
        """All options and words that it has."""
        return self._actions

    def refuse_unknown(self, words: Sequence[str]) -> None:
        """Raises ArgumentError for the first word that is an option: it is none of these."""
        known: list[str] = []
        for action in self._actions:
            known += action.option_strings
        for word in words:
            option = word.partition("=")[0]
            if option.startswith("-") and option != "-":
                near = _nearest(option, known) or _elsewhere(option) or f"; `{self.prog} --help` lists them"
                raise ArgumentError(f"{self.prog}: there is no option {option}{near}")


def _elsewhere(option: str) -> str:
    """Text that names the verbs which have an unknown option; "" if no verb has it."""
    having = []
    for name in verbs.spiders():
        spider = spider_of(name)
        if option in {f"--{dashed(argument)}" for argument in spider.declared() if argument != subject_of(spider)}:
            having.append(verbs.shown_name(name))
    if not having:
        return ""
    return f", but there is for: {', '.join(having)}"


def _nearest(option: str, known: Sequence[str]) -> str:
    """The end of a message about an unknown option. Its dashes do not make it like others."""
    near = did_you_mean(option.lstrip("-"), [one.lstrip("-") for one in known])
    return near.replace("mean ", "mean --")


def spider_of(name: str) -> type[SpiderHooks]:
    """The spider of that name."""
    from scrapy.utils.spider import iter_spider_classes  # not for the list of verbs

    module = import_module(f"sc_spiders.spiders.{name}")
    (found,) = iter_spider_classes(module)
    return cast("type[SpiderHooks]", found)


def subject_of(spider: type[SpiderHooks]) -> str | None:
    """The argument that must be given; it needs no option."""
    return arguments.subject(spider.declared())


def parser_of(spider: type[SpiderHooks], *, choices: bool = False) -> Parser:
    """The options of a spider's verb. `choices`: they are for completion, and name the words that they take."""
    verb = shown_name(spider.name)
    subject = subject_of(spider)
    takes = _takes(spider, subject)
    parser = Parser(
        prog=f"sc-spiders {verb}",
        usage=f"sc-spiders {verb}{takes} [options]",
        description=inspect.getdoc(spider),
        epilog=f"Example: {example(spider)}",
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    asked = parser.add_argument_group("what is asked for")
    taken = set(_TAKEN)
    for name, argument in spider.declared().items():
        if name == subject:
            asked.add_argument(_SUBJECT, metavar=name.upper(), nargs="*", help=_help(argument))
        else:
            strings = _strings(name, taken)
            action = asked.add_argument(*strings, dest=_DEST.format(name), **_kept(argument))
            if choices and argument.words:
                action.choices = argument.words
    _add_output(parser, choices=choices)
    return parser


def _takes(spider: type[SpiderHooks], subject: str | None) -> str:
    """The words behind the verb, in its usage."""
    if subject is None:
        return ""
    if spider.declared()[subject].is_file:
        return f" {subject.upper()}"
    return f" {subject.upper()}..."


def _strings(name: str, taken: set[str]) -> list[str]:
    """How an argument's option is written. It has a short form if no option before has that letter."""
    long = f"--{dashed(name)}"
    letter = name[0]
    if letter in taken:
        return [long]
    taken.add(letter)
    return [f"-{letter}", long]


def _kept(argument: Argument) -> dict[str, Any]:
    """How `argparse` keeps an argument: as a list of the values that were given."""
    if argument.is_flag:
        return {"action": "store_const", "const": ["1"], "help": _help(argument)}
    return {"action": "append", "metavar": _metavar(argument), "help": _help(argument)}


def _help(argument: Argument) -> str:
    text = argument.told
    if argument.is_flag:
        text = text.removeprefix("1: ")
    return text.replace("%", "%%")


def _metavar(argument: Argument) -> str:
    if argument.takes_several:
        return "WORD[,WORD]"
    if argument.words:
        return "WORD"
    return "VALUE"


def _add_output(parser: Parser, *, choices: bool) -> None:
    output = parser.add_argument_group("where it goes")
    output.add_argument("--csv", metavar="FILE", help="one kind of record as CSV; - for standard output")
    output.add_argument("--jsonl", metavar="FILE", help="all kinds as lines of JSON; - for standard output")
    output.add_argument("-o", "--output", action="append", default=[], metavar="FILE", help="append to FILE")
    output.add_argument("-O", "--overwrite-output", action="append", default=[], metavar="FILE", help="replace FILE")
    only = output.add_argument("--only", metavar="KIND[,KIND]", help="write only these kinds of records")
    if choices:
        only.choices = arguments.kinds().words
    crawl = parser.add_argument_group("the crawl")
    crawl.add_argument("--job", metavar="FOLDER", help="keep its state there, and go on with it")
    crawl.add_argument("--fresh", action="store_true", help="begin anew, even if the last such crawl was stopped")
    crawl.add_argument("-s", "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting")
    crawl.add_argument("-L", "--loglevel", metavar="LEVEL", help="DEBUG, INFO (default), WARNING, ERROR")
    crawl.add_argument("--logfile", metavar="FILE", help="write the log there")


def example(spider: type[SpiderHooks]) -> str:
    """A command that runs that spider."""
    declared = spider.declared()
    return shlex.join(["sc-spiders", shown_name(spider.name), *as_options(declared, arguments.example(declared))])


def crawl_words(
    spider: type[SpiderHooks], words: Sequence[str], routed: Mapping[str, Sequence[str]] = _NOTHING
) -> list[str]:
    """The words of `scrapy` for a verb's. `routed`: arguments that an address has given. Raises ArgumentError."""
    parser = parser_of(spider)
    before, subjects = _divided(words)
    options, others = parser.parse_known_intermixed_args(before)
    parser.refuse_unknown(others)
    if subject_of(spider):
        options.subject = [*options.subject, *subjects]
    elif others or subjects:
        word = [*others, *subjects][0]
        refuse_secrets(word, is_address=True)
        raise ArgumentError(f"{parser.prog}: it takes options only, and no {word}{_as_option(spider, word)}")
    given = dict(_arguments(parser, spider, options, routed))
    return ["crawl", spider.name, *arguments.as_words(given), *_outputs(options), *_settings(options)]


def _as_option(spider: type[SpiderHooks], word: str) -> str:
    """The end of a message about a word that is no option, but could be the value of one."""
    for name, argument in spider.declared().items():
        if word in argument.words or (argument.is_file and Path(word).suffix):
            return f"; did you mean --{dashed(name)} {word}?"
    return ""


def _divided(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """What stands before a `--`, and the subjects behind it, which may begin with `-`."""
    end = [*words, "--"].index("--")
    before: list[str] = []
    for word in words[:end]:
        if word.startswith("-:") and before and before[-1] in _OUTPUTS:  # argparse would take it for an option
            before[-1] = f"{_OUTPUTS[before[-1]]}{word}"
        else:
            before.append(_with_dashes(word))
    return before, list(words[end + 1 :])


def _with_dashes(word: str) -> str:
    """A long option that is written with `_`, as the argument is."""
    if not word.startswith("--"):
        return word
    option, equals, value = word.partition("=")
    return option.replace("_", "-") + equals + value


def _arguments(
    parser: Parser, spider: type[SpiderHooks], options: argparse.Namespace, routed: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, str]]:
    """The spider's arguments. Raises ArgumentError for those that it would refuse."""
    declared = spider.declared()
    subject = subject_of(spider)
    given = dict(_given(spider, options, routed))
    if subject and subject not in given:
        raise ArgumentError(f"{parser.prog}: {subject} is missing: {declared[subject].help}")
    if subject:
        _refuse_lists(parser, subject, given, declared)
    for name, values in given.items():
        place = f"{parser.prog}: "
        if name != subject:
            place += f"--{dashed(name)} "
        value = _joined(place, declared[name], values)
        _check(place, declared[name], value)
        yield name, value


def _given(
    spider: type[SpiderHooks], options: argparse.Namespace, routed: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, list[str]]]:
    """The values of each argument that is given by an address or an option. Options come on top, or instead."""
    subject = subject_of(spider)
    for name, argument in spider.declared().items():
        values = list(getattr(options, _SUBJECT if name == subject else _DEST.format(name)) or ())
        if argument.takes_several or not values:
            values = [*routed.get(name, ()), *values]
        if values:
            yield name, values


def _refuse_lists(
    parser: Parser, subject: str, given: Mapping[str, Sequence[str]], declared: Mapping[str, Argument]
) -> None:
    """Refuse `forss --include likes followers` and `forss likes`: the last word would be a user."""
    for name, argument in declared.items():
        option = f"--{dashed(name)}"
        for word in given[subject]:
            if not argument.takes_several or word not in argument.words:
                continue
            if name in given:
                raise ArgumentError(
                    f"{parser.prog}: {word} is a word of {option}: add it there, with a comma before it"
                )
            if len(given[subject]) > 1:
                raise ArgumentError(
                    f"{parser.prog}: {word} is a word of {option}: write {option} {word}; for the {subject} of that "
                    f"name give https://soundcloud.com/{word}"
                )


def _joined(place: str, argument: Argument, values: Sequence[str]) -> str:
    if argument.parse is arguments.text:
        return " ".join(values)
    if len(values) > 1 and not argument.takes_several:
        raise ArgumentError(f"{place}takes one value, not {len(values)}")
    if len(values) > 1 and any(value.startswith("@") for value in values):
        raise ArgumentError(f"{place}takes one @FILE, or the words themselves, but not both")
    return ",".join(values)


def _check(place: str, argument: Argument, value: str) -> None:
    """Refuse a bad value before Scrapy starts. Files are left to the crawl, which has to read them anyway."""
    if argument.is_file or value.startswith("@"):
        return
    try:
        if not argument.by_word:
            refuse_secrets(value)
        argument.parse(value)
    except BadValue as e:
        raise ArgumentError(f"{place}{arguments.shown(e)}") from None
    except ArgumentError as e:
        raise ArgumentError(f"{place}{e}") from None


def _outputs(options: argparse.Namespace) -> Iterator[str]:
    for name in options.output:
        yield from ("-o", name)
    for name in options.overwrite_output:
        yield from ("-O", name)
    if options.csv and Path(options.csv).suffix in _EXCEL:
        raise ArgumentError(
            f"--csv {options.csv}: no crawl writes Excel files; crawl without it, and then run `sc-spiders export xlsx`"
        )
    for file, ending in ((options.csv, "csv"), (options.jsonl, "jsonlines")):
        if file == "-":
            yield from ("-o", f"-:{ending}")
        elif file:
            yield from ("-O", f"{file}:{ending}")


def _settings(options: argparse.Namespace) -> Iterator[str]:
    if options.only is not None:
        _check_kinds(options.only)
        yield from ("-s", f"SC_KINDS={options.only}")
    if options.job:
        yield from ("-s", f"JOBDIR={options.job}")
    if options.fresh:
        yield from ("-s", "SC_FRESH=1")
    for setting in options.set:
        yield from ("-s", setting)
    if options.loglevel:
        yield from ("-L", options.loglevel)
    if options.logfile:
        yield from ("--logfile", options.logfile)


def _check_kinds(value: str) -> None:
    try:
        arguments.kinds()(value)
    except BadValue as e:
        raise ArgumentError(f"--only {arguments.shown(e)}") from None
