"""The arguments of `apply`: reads the plan, and checks what needs no request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from sc_spiders.actions.account import LISTS, OWN, Note, fields_of
from sc_spiders.actions.action import DELETES, RELATIONS, Action, Row, kind_of
from sc_spiders.actions.approval import Wanted
from sc_spiders.actions.compare import digest as digest_of
from sc_spiders.actions.plan import Plan, Reader
from sc_spiders.actions.restore import WORDS, Backup
from sc_spiders.actions.wire import LEAST_DELAY, LEAST_SETTLE
from sc_spiders.api.hosts import is_loopback
from sc_spiders.base_spiders.arguments import Argument, words
from sc_spiders.base_spiders.targets import Target, any_target, refuse_secrets, target
from sc_spiders.dataset.reading import read as read_records
from sc_spiders.dataset.sources import find_files
from sc_spiders.errors import ArgumentError, BadValue, InputError, MissingLibrary, needs, typed
from sc_spiders.pages.listing import Listing
from sc_spiders.redaction.given import secrets

if TYPE_CHECKING:
    from sc_spiders.base_spiders.hooks import SpiderHooks

__all__ = ["OWN", "WORDS", "allowances", "check", "digest", "fields_of", "file", "lists", "named", "notes", "read"]

_ALLOWANCES = ("delete", "lossy")
_RELATION_OF = {"likes": "liked", "followings": "followed", "reposts": "reposted"}
_LEAST = {"SC_SETTLE": LEAST_SETTLE, "SC_WRITE_DELAY": LEAST_DELAY}  # seconds


def file(help: str, example: str = "") -> Argument:
    """An argument that names a file or folder, which is read when the crawl begins."""
    return Argument(str, "", help, example=example, is_file=True)


def digest(value: str) -> str:
    """The digest of a dry run, or nothing."""
    if value and not re.fullmatch("[0-9a-f]{8}", value):
        raise BadValue(value, "not the digest that a dry run prints: eight digits from 0 to f")
    return value


def allowances(value: str) -> frozenset[str]:
    """What is permitted, in words; or nothing."""
    if not value:
        return frozenset()
    return frozenset(words(_ALLOWANCES)(value))


def check(spider: SpiderHooks) -> None:
    """Raises ArgumentError if the arguments or settings permit no plan. Reads the plan."""
    arguments = spider.args
    _check_arguments(spider)
    for name, why in _REFUSED.items():
        if spider.settings[name]:
            raise ArgumentError(f"{spider.name}: {name} is set, but {why}")
    _check_times(spider)
    if arguments["apply"]:
        _check_apply(spider)
    plan = spider.wanted.plan  # type: ignore[attr-defined]
    found = digest_of(plan.account, plan.actions)
    if arguments["apply"] and plan.is_dry_run and found != arguments["apply"]:
        raise ArgumentError(
            f"{spider.name}: apply={arguments['apply']} is not the digest of {arguments['plan']}, which is {found}: "
            "run it without apply= and look at the plan"
        )


def _check_arguments(spider: SpiderHooks) -> None:
    arguments = spider.args
    if bool(arguments["plan"]) == bool(arguments["from"]):
        raise ArgumentError(f"{spider.name}: give either plan=FILE or from=OUTPUT")
    for name in ("include", "prune"):
        if name in spider.given and not arguments["from"]:
            raise ArgumentError(f"{spider.name}: {name} is about from=OUTPUT; leave it out")
    if arguments["undo"] and not arguments["plan"]:
        raise ArgumentError(f"{spider.name}: undo takes plan=, the action.jsonl of a finished run")
    if spider.is_preview:
        raise ArgumentError(f"{spider.name}: without apply= it is a dry run already; leave preview out")


_REFUSED = {
    "SC_REDIS_URL": "one process alone changes an account, so that nothing is done twice",
    "SC_NEVER": "actions name whom they are about; take them out of the plan instead",
    "SC_PSEUDONYMS": "nothing can be done to pseudonyms",
}


def _check_times(spider: SpiderHooks) -> None:
    """These two keep a real account from harm. On this machine they may be short, for tests."""
    host = urlsplit(spider.settings["SC_PUBLIC_URL"]).hostname or ""
    if is_loopback(host):
        return
    for name, least in _LEAST.items():
        if spider.settings.getfloat(name) < least:
            raise ArgumentError(f"{spider.name}: {name} is less than {least:.0f} s; only a sandbox takes less")


def _check_apply(spider: SpiderHooks) -> None:
    if not spider.settings["JOBDIR"]:
        raise ArgumentError(
            f"{spider.name}: apply= needs a job directory, which remembers what was sent: "
            f"add {typed.setting('JOBDIR', 'jobs/NAME')}"
        )
    url = urlsplit(spider.settings["SC_PUBLIC_URL"])
    if url.scheme in getproxies() and not is_loopback(url.hostname or "") and not proxy_bypass(url.hostname or ""):
        raise ArgumentError(f"{spider.name}: an account is changed without a proxy: unset {url.scheme}_proxy")
    try:
        with needs("sandbox", "apply="):
            import_module("aiohttp")
    except MissingLibrary as e:
        raise ArgumentError(f"{spider.name}: {e}") from None


def read(spider: SpiderHooks) -> Wanted:
    """What the arguments ask for. Raises ArgumentError, with file and line."""
    arguments = spider.args
    apply, allow = arguments["apply"], arguments["allow"]
    given = {name: value for name, value in spider.given.items() if name != "apply" and not name.startswith("_")}
    if arguments["from"]:
        return _restored(arguments["from"], arguments["include"], arguments["prune"], apply, allow, given)
    reader = Reader(_named, partial(_check_text, list(secrets(spider.settings))), _numbered, _files(spider))
    plan = reader.read(Path(arguments["plan"]), undo=arguments["undo"])
    origin = "undo" if arguments["undo"] else "hand"
    return Wanted(plan, apply, origin, allow, given=given)


def _check_text(hidden: Iterable[str], text: str) -> None:
    refuse_secrets(text)
    if any(secret in text for secret in hidden):
        raise ArgumentError("holds a credential of the settings")


def _files(spider: SpiderHooks) -> Path | None:
    """The folder in which files to upload are; None: that of the plan."""
    if not spider.args["files"]:
        return None
    files = Path(spider.args["files"])
    if not files.is_dir():
        raise ArgumentError(f"{spider.name}: there is no folder {files}, in which files= says that the files are")
    return files


def _restored(
    name: str, include: Sequence[str], prune: bool, apply: str, allow: frozenset[str], given: dict[str, str]
) -> Wanted:
    try:
        backup = Backup.of(name, _records(name))
    except InputError as e:
        raise ArgumentError(f"from: {e}") from None
    plan = backup.plan(include, prune=prune)
    plan.account = backup.account
    kept = {_RELATION_OF[word]: backup.wanted(word) for word in include if word in _RELATION_OF} if prune else None
    return Wanted(plan, apply, "me", allow, kept, given)


def _records(name: str) -> Iterator[Row]:
    """The records of a file or folder. Raises InputError."""
    for file in find_files([name]):
        for _, row, _ in read_records(file, lambda _: None):
            yield row


def _numbered(file: Path) -> Iterator[tuple[int, Row]]:
    try:
        for number, row, _ in read_records(file, lambda _: None):
            yield number, row
    except InputError as e:
        raise ArgumentError(str(e)) from None


def _named(kinds: Sequence[str], word: str) -> tuple[str, str]:
    """The kind ("" if only the API knows it), and the URN or address."""
    refuse_secrets(word, is_address=True)
    named = target(kinds[0], word) if len(kinds) == 1 else any_target(word)
    if isinstance(named.id, int) and named.kind in kinds:
        return named.kind, f"soundcloud:{named.kind}s:{named.id}"
    if named.id or (named.kind and named.kind not in kinds):
        raise BadValue(word, f"not the URN of a {' or '.join(kinds)}")
    kind = kinds[0] if len(kinds) == 1 else ""
    return kind, named.url or ""


def named(plan: Plan) -> list[Target]:
    """What has to be looked up before the plan can be compared: addresses, and objects that have to exist."""
    found: dict[str, Target] = {}
    for action in plan.actions:
        if action.status != "planned":
            continue
        wants = action.do in ("comment", *DELETES) or RELATIONS.get(action.do, ("", False))[1]
        for word in [action.target if wants else None, *action.after.get("tracks", ()), *_added(action.edit)]:
            if word and word.startswith("soundcloud:"):
                found[word] = Target(kind_of(word), word, id=int(word.rpartition(":")[2]))
        if action.target and "://" in action.target:
            found[action.target] = Target(action.kind, action.target, url=action.target)
    return list(found.values())


def _added(edit: dict[str, list[str]] | None) -> list[str]:
    return list((edit or {}).get("add", ()))


def lists(wanted: Wanted) -> list[str]:
    """The endpoints whose lists tell whether the actions are needed."""
    names: set[str] = set()
    for action in wanted.plan.actions:
        names |= _lists_of(action)
    for relation in wanted.prune or ():
        names |= {name for name, (found, _) in LISTS.items() if found == relation}
    return sorted(names)


def _lists_of(action: Action) -> set[str]:
    if action.do in ("playlist", "delete_playlist"):
        return {"my_playlists"}
    if action.do in ("track", "delete_track"):
        return {"my_tracks"}
    if not action.kind:  # only the API knows what its target is
        return set(LISTS)
    return {action.write.reads} & LISTS.keys()


def notes(listing: Listing, urns: list[str]) -> Iterator[Note]:
    """What a page of a list tells of the account, or of objects that were looked up."""
    place = "there"
    if listing.endpoint in LISTS:
        place = LISTS[listing.endpoint][0]
    elif listing.endpoint == "playlist_tracks":
        place = listing.subject or ""
    for urn in urns:
        yield place, urn, urn
    if place == "there" and listing.seed and "://" in listing.seed:
        yield "address", listing.seed, urns[0]


def playlists(plan: Plan) -> set[str | None]:
    """URNs and titles of the playlists that a plan is about."""
    wanted = [action for action in plan.actions if action.do == "playlist"]
    urns = {action.target for action in wanted}
    titles = {action.after.get("title") for action in wanted}
    return urns | titles
