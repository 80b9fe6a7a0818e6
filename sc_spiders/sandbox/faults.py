"""Chooses the requests that get a fault, by the specification in `--faults` or `SC_SANDBOX_FAULTS`.

A specification is a list of rules and options with commas between them.

    429=0.05,500=0.02,reset=0.01        that share of all API requests
    403html@/users/*/tracks=0.5         only where the path matches this glob (`*` also spans slashes)
    500@/users/183/likes#2              the second request to match, and no other
    cut@/users/*#3-5                    the third to fifth
    403datadome@/users/*/tracks#20+     the twentieth and all that follow: a block for good
    seed=7,cap=3,wait=1,hang=600,size=64,expire=50

Options: `seed` of the draws (1); `cap`, the most faults in a row for the same request (3); `wait`, seconds that a 429
asks for (1); `hang`, seconds that a timeout takes (600); `size`, megabytes of a body that is too large (64); `rows`,
the most rows of a page (50); `expire`, requests until a client id expires (0: never).

Temporary faults. If they are drawn by share, a request gets at most `cap` of them in a row, so enough retries bring the
right answer. The draw depends on the request and its number of tries, not on other requests.

    401                  the client id expires at this moment; under /public, all OAuth tokens but the cookie's do
    403json 403html 403datadome 404
    429                  any of 429text 429json 429reset 429token 429seconds 429date
    500 502 503 504      JSON, or CloudFront's page
    reset cut timeout    connection reset; body that ends too early, in any form; no answer
    stale                the right answer, then the connection is closed without notice
    html200 shape type   a web page with status 200; JSON of another shape; the right body with a wrong content type
    redirect             to the same path, without the client id
    redirect-foreign     to another host

For writes. All faults above but `cut` and `stale` strike before any work is done; `reset` does so while the body is
still being sent.

    405 429spam 422asset            unknown route; a warning against spam; the file cannot be processed
    500after 502after 503after 504after reset-after timeout-after cut-after html200after
                                    the work is done, and then the answer is such a fault
    empty-after other-after         the work is done, and the answer has no body, or names flickermood or soulhack

Permanent faults, the same at each try: they are drawn once for a path (and a cursor).

    loop                 next_href leads back to this page
    href-host href-scheme href-port     next_href leads elsewhere
    empty                no rows, and always a further page
    number string nesting    an object of the page has an extreme value
    abyss                nesting that no parser follows
    large                a body of `size` megabytes
    502large             502 if more than `rows` rows are asked for

Rules without a path do not match the web page, its scripts and the token endpoint.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from zlib import crc32

from aiohttp import web

SHAPES_OF_429 = ("429text", "429json", "429reset", "429token", "429seconds", "429date")
PASSING = {
    "401", "403json", "403html", "403datadome", "404", "429", *SHAPES_OF_429, "500", "502", "503", "504", "reset",
    "cut", "stale", "timeout", "html200", "shape", "type", "redirect", "redirect-foreign",
    "405", "429spam", "422asset",
}  # fmt: skip
AFTER = {
    "500after", "502after", "503after", "504after", "reset-after", "timeout-after", "cut-after", "html200after",
    "empty-after", "other-after",
}  # fmt: skip
PASSING |= AFTER
STAYING = {
    "loop", "href-host", "href-scheme", "href-port", "empty", "number", "string", "nesting", "abyss", "large",
    "502large",
}  # fmt: skip
DEFAULTS = {"seed": 1.0, "cap": 3.0, "wait": 1.0, "hang": 600.0, "size": 64.0, "expire": 0.0, "rows": 50.0}
SPARED = ("/assets/", "/oauth/", "/authorize")

RULE = re.compile(
    r"\A(?P<name>[a-z0-9-]+)(?:@(?P<path>[^#=]+))?(?:=(?P<share>[^#]+)|#(?P<first>\d+)(?P<rest>\+|-\d+)?)"
)


@dataclass(frozen=True)
class Rule:
    """One fault, and the requests that get it: a share of them, or those from number `first` to `last`."""

    name: str
    path: str = ""
    share: float = 0.0
    first: int = 0
    last: float = 0

    def matches(self, path: str) -> bool:
        """Say whether the rule is for requests of this path."""
        if self.path:
            return fnmatchcase(path, self.path)
        return path != "/" and not path.startswith(SPARED)


@dataclass
class Faults:
    """All rules. Call `draw` once for each request, in the order in which they come."""

    rules: list[Rule] = field(default_factory=list)
    options: dict[str, float] = field(default_factory=lambda: dict(DEFAULTS))

    def __post_init__(self) -> None:
        self._matched: Counter[Rule] = Counter()
        self._asked: Counter[str] = Counter()
        self._in_a_row: Counter[str] = Counter()

    @classmethod
    def parse(cls, specification: str) -> Faults:
        """Parse a specification. Raise ValueError with one line that says what is wrong."""
        found = cls()
        for part in filter(None, (part.strip() for part in specification.split(","))):
            name, _, value = part.partition("=")
            if name in DEFAULTS:
                found.options[name] = _number(part, value)
            else:
                found.rules.append(_rule(part))
        return found

    def draw(self, request: web.Request, body: bytes) -> str | None:
        """Return the fault for this request, or None. `body` tells POST requests apart."""
        due = [rule for rule in self.rules if rule.matches(request.path) and self._is_due(rule, request)]
        if not due:
            return None
        self._matched.update(due)
        key = _key(request, body)
        passing = [rule for rule in due if rule.name in PASSING]
        return self._counted(due) or self._staying(due, request.path, key) or self._passing(passing, key)

    def _is_due(self, rule: Rule, request: web.Request) -> bool:
        return rule.name != "502large" or self._is_long(request)

    def _counted(self, rules: list[Rule]) -> str | None:
        for rule in rules:
            if rule.first and rule.first <= self._matched[rule] <= rule.last:
                return rule.name
        return None

    def _staying(self, rules: list[Rule], path: str, key: str) -> str | None:
        for rule in rules:
            place = key
            if rule.name == "empty":  # endless empty pages are empty at every cursor
                place = path
            if rule.name in STAYING and self._chance(f"{rule.name} {place}") < rule.share:
                return rule.name
        return None

    def _is_long(self, request: web.Request) -> bool:
        rows = request.query.get("limit", "")
        return rows.isdecimal() and int(rows) > self.options["rows"]

    def _passing(self, rules: list[Rule], key: str) -> str | None:
        self._asked[key] += 1
        chance = self._chance(f"{self._asked[key]} {key}")
        for rule in rules:
            if chance < rule.share and self._in_a_row[key] < self.options["cap"]:
                self._in_a_row[key] += 1
                return rule.name
            chance -= rule.share
        self._in_a_row.pop(key, None)
        return None

    def _chance(self, key: str) -> float:
        return crc32(f"{self.options['seed']} {key}".encode()) / 2**32


def _key(request: web.Request, body: bytes) -> str:
    """Return a key that is equal for two tries of the same request."""
    query = sorted((name, value) for name, value in request.query.items() if name != "client_id")
    key = f"{request.method} {request.path} {query}"
    if body:
        key += f" {crc32(body)}"
    return key


def _number(part: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e9:
        raise ValueError(f"faults: {part!r} wants a number that is not negative")
    return number


def _rule(part: str) -> Rule:
    found = RULE.fullmatch(part)
    if not found:
        raise ValueError(f"faults: {part!r} is neither NAME[@PATH]=SHARE nor NAME[@PATH]#N, #N-M or #N+")
    name, path = found["name"], found["path"] or ""
    if name not in PASSING | STAYING:
        raise ValueError(f"faults: there is no fault {name!r}; there are {', '.join(sorted(PASSING | STAYING))}")
    if found["share"] is not None:
        share = _number(part, found["share"])
        if share > 1:
            raise ValueError(f"faults: {part!r} wants a share between 0 and 1")
        return Rule(name, path, share)
    first, rest = int(found["first"]), found["rest"]
    if first < 1:
        raise ValueError(f"faults: {part!r} counts from 1")
    last: float = first
    if rest == "+":
        last = float("inf")
    elif rest is not None:
        last = int(rest[1:])
    return Rule(name, path, first=first, last=last)
