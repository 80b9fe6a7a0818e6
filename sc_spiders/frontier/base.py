"""The frontier's protocol: the methods of a store of listings that the scheduler and the feeds use.

It has two implementations: `frontier.job.JobFrontier` in SQLite, for one process, and
`frontier.redis.frontier.RedisFrontier`, which several workers share. Neither knows of the other. A listing is leased
and requested page by page, and each page is acknowledged once it is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sc_spiders.disk import Locks
from sc_spiders.frontier.endings import came, shortfall
from sc_spiders.frontier.pace import Pace
from sc_spiders.pages.hydration import Hydration
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.seen import Seen

NAMED = 10  # how many listings the log names at the end; the output has them all
FINISHED = frozenset({"finished", "incomplete"})
"""The finish_reasons of crawls that no later run resumes."""


@dataclass(frozen=True, slots=True)
class CrawlSpec:
    """All that a frontier needs to know of the spider.

    `identity`: spider, arguments and API, which tell one crawl from another. `defaults`: the arguments' default values,
    by name. `fingerprint`: settings that must stay the same when a crawl is resumed. `seeds`: the first listings, all
    of one level. `unordered_from`: from this level on, no listing waits for the level before. `sequential`: one listing
    at a time. `limit`: how many users may be walked, 0 for any number. `bidirectional`: an edge may be found from both
    ends. `arrange`: how some seeds are stored: in another order, or divided into other batches.
    """

    identity: dict[str, Any]
    defaults: dict[str, str] = field(default_factory=dict)
    fingerprint: dict[str, str] = field(default_factory=dict)
    seeds: Sequence[Listing] = ()
    unordered_from: int = 0
    sequential: bool = False
    limit: int = 0
    bidirectional: bool = False
    arrange: Callable[[list[Listing]], list[Listing]] = list

    def differing(self, what: str, theirs: Any, ours: Any, fingerprint: Mapping[str, str]) -> str:
        """The words for a message about another crawl, which has that fingerprint.

        If one of the two crawls has pseudonyms, the words leave out the values, which may name people.
        """
        if any(one.get("SC_PSEUDONYMS", "none") != "none" for one in (self.fingerprint, fingerprint)):
            return f"its {what} is another one"
        return f"its {what} is {theirs!r}, this one's {ours!r}"


@dataclass(slots=True)
class CrawlStatus:
    """The state of a crawl.

    `started_at`: ISO 8601, UTC; `stamp`: the same as a folder's name. `shared`: several workers write it. `kept`: a
    later run can resume it. `resumed`: an earlier run began it. `finished`: the finish_reason of a crawl that has
    ended. `gone`: it cannot be resumed. `answered`: the API answered an earlier run or another worker. `wait_until`:
    the API asked for a wait until then (seconds since 1970).

    `outputs`: acknowledged bytes of each output file, `sums`: their CRC-32. `closed`: bytes with the closing records.
    `counts`: records by kind that this process, or this job, has written; `pages`: pages that this job has written.
    `listings`: number of listings by how they ended. `crawl_counts`: further counts of the crawl record. `named`: some
    listings that are not complete. `behind`: see `announced.behind`. `again`: listings that the same command tries
    again. `came`: some of the data that the user asked for has come. `job`: the job directory, if it is in the output
    folder. `unsettled`: a later run has something to do, although all lists have ended. `unread`: the program that read
    the output has ended, as `head` does. `record`: the crawl record, once it is made.
    """

    started_at: str
    stamp: str = ""
    shared: bool = False
    kept: bool = False
    resumed: bool = False
    finished: str | None = None
    gone: bool = False
    answered: bool = False
    wait_until: float = 0.0
    outputs: dict[str, int] = field(default_factory=dict)
    closed: Mapping[str, int] = field(default_factory=dict)
    sums: dict[str, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    listings: Counter[str] = field(default_factory=Counter)
    missing: int = 0
    crawl_counts: dict[str, int] = field(default_factory=dict)
    named: list[str] = field(default_factory=list)
    behind: Counter[str] = field(default_factory=Counter)
    again: int = 0
    came: bool = False
    job: str = ""
    unsettled: bool = False
    unread: bool = False
    record: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        self.stamp = self.stamp or self.started_at.replace(":", "-").removesuffix("Z")

    def note(self, listing: Listing) -> None:
        """Count a listing that has ended, and name it if it is incomplete. A complete single object is not counted."""
        self.came = self.came or came(listing)
        if listing.complete:
            self.listings["complete"] += listing.is_list
            return
        how, words = shortfall(listing)
        self.listings[how] += 1
        self.missing += len(listing.missing)
        self.again += listing.retried and how != "interrupted"
        if len(self.named) < NAMED:
            self.named.append(words)

    @property
    def written(self) -> list[str]:
        """The paths of all output files that have something in them, closing records too."""
        return [path for path, length in {**self.outputs, **self.closed}.items() if length]

    def places(self) -> list[str]:
        """Where the output is: the folder that the crawl has made for itself, or its files."""
        return sorted({str(self._place(Path(path))) for path in self.written})

    def _place(self, path: Path) -> Path:
        if self.stamp in path.parent.parts:
            return path.parent
        return path


@dataclass(frozen=True, slots=True)
class Ack:
    """A page that was written. `follow`: new listings found in it. `lengths`, `sums`: the files' bytes and CRC-32."""

    listing: Listing
    follow: Sequence[Listing] = ()
    lengths: Mapping[str, int] = field(default_factory=dict)
    sums: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What an acknowledgement changed.

    `held`: False if the lease was lost and another worker has the listing. `leased`: new leases, which go first.
    `over`: playlists that no longer wait for tracks.
    """

    held: bool = True
    leased: Sequence[Listing] = ()
    over: Sequence[Listing] = ()


class Files(Protocol):
    """What a crawl stores about its output files, for the feeds.

    `locks`: the crawl's. `in_output`: the output folder exists, because the job directory is in it.
    """

    locks: Locks
    in_output: bool

    @property
    def planned(self) -> str:
        """The output folder that an earlier process was about to make when it died; "" if there is none."""

    def plan_folder(self, folder: str) -> None:
        """Store the name of an output folder before it is made. Raises sqlite3.Error."""

    def is_own(self, path: str) -> bool:
        """Whether the file's name belongs to this crawl, so that no other crawl writes to it."""

    def verify(self) -> None:
        """Raises OutputError if the output of a finished crawl was changed."""

    def intend(self, lengths: Mapping[str, int]) -> None:
        """Store the lengths that the files will have after the next page. Raises OSError."""

    def check(self) -> None:
        """Raises Disturbed if somebody deleted or changed the crawl's own files."""


class Frontier(Protocol):
    """A store of listings and of what is acknowledged.

    Methods that write raise OSError or sqlite3.Error if the disk fails. `worker`: host and process id of this process.
    `blocked`: endpoints that this process does not request any more. `polls`: seconds between two checks for listings
    that other workers added; None if there are no other workers.
    """

    status: CrawlStatus
    hydration: Hydration
    blocked: set[str]
    worker: str

    @property
    def polls(self) -> float | None: ...

    @property
    def files(self) -> Files: ...

    @property
    def pace(self) -> Pace: ...

    @property
    def seen(self) -> Seen: ...

    async def open(self, spec: CrawlSpec) -> None:
        """Find the crawl or create it. Raises ArgumentError if it is another crawl, damaged or in use."""

    def begin(self, lengths: dict[str, int]) -> None:
        """Begin with output files of these lengths, or resume. Raises OutputError if acknowledged output changed."""

    async def lease(self, count: int, *, may_try: bool) -> list[Listing]:
        """Lease up to `count` listings. `may_try`: also those that an earlier run tried without success."""

    @property
    def is_over(self) -> bool:
        """Whether new listings can only come from those that are leased here."""

    @property
    def levels(self) -> Mapping[int, int]:
        """Number of open listings by level."""

    def save(self, listing: Listing, *, sent: bool) -> None:
        """Store a listing's attempts. `sent`: its request is about to be sent; otherwise it came back unanswered."""

    def remember_wait(self, until: float) -> None:
        """Store for later runs that the API asked for a wait until then (seconds since 1970)."""

    def holds(self, listing: Listing) -> bool:
        """Whether a page of that listing may be written. If not, the listing is released."""

    async def acknowledge(self, ack: Ack) -> Acknowledged:
        """Acknowledge a page that is written. After an exception, neither it nor any later page is acknowledged."""

    @property
    def is_bad(self) -> bool:
        """Whether the data set is known to lack something that the user asked for."""

    async def finish(self, reason: str) -> str:
        """Release all leases. Returns the run's finish_reason. `reason`: why the run ends.

        The finish_reason is not "finished" if listings are open, or if the data set lacks something that the user
        asked for.
        """

    def unfinished(self, unasked: int) -> Iterator[Listing]:
        """Listings that are open or that a later run tries again, and up to `unasked` that were never requested."""

    @property
    def unasked(self) -> int:
        """The number of listings that were never requested. Seeds that are not added yet count, too."""

    def close(self, reason: str, lengths: Mapping[str, int], sums: Mapping[str, int]) -> None:
        """End this run. `lengths`, `sums`: of the output files with their closing records."""

    def abandon(self) -> None:
        """Release the crawl without a change."""
