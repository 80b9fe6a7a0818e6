"""The frontier's protocol: what the scheduler and the feeds ask of a store of listings, whichever it is.

There are two: `frontier.job.JobFrontier` in SQLite, for one process, and `frontier.redis.frontier.RedisFrontier`, which
several workers share. Neither knows of the other. A listing is leased, asked for page by page, and each page is
acknowledged once it is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sc_spiders.frontier.endings import came, shortfall
from sc_spiders.frontier.pace import Pace
from sc_spiders.pages.hydration import Hydration
from sc_spiders.pages.listing import Listing
from sc_spiders.pages.seen import Seen

NAMED = 10  # listings that are named at the end; the output has them all
FINISHED = frozenset({"finished", "incomplete"})
"""The finish_reasons of crawls of which nothing is open."""


@dataclass(frozen=True, slots=True)
class CrawlSpec:
    """What a spider asks of a frontier, once: nobody asks the spider again.

    `identity` tells a crawl from another: spider, arguments, api. `defaults`: of the arguments, by name. `fingerprint`:
    what else must stay the same when a crawl goes on. `seeds`: the first listings, all of one level.
    `unordered_from`: the level from which on no listing waits for the level before. `sequential`: one listing at a
    time. `limit`: users that may be walked, 0 for any number. `bidirectional`: edges may be met from both ends.
    """

    identity: dict[str, Any]
    defaults: dict[str, str] = field(default_factory=dict)
    fingerprint: dict[str, str] = field(default_factory=dict)
    seeds: Sequence[Listing] = ()
    unordered_from: int = 0
    sequential: bool = False
    limit: int = 0
    bidirectional: bool = False


@dataclass(slots=True)
class CrawlStatus:
    """How a crawl stands.

    `started_at`: ISO 8601, UTC; `stamp`: the same as a folder's name. `shared`: several workers write it. `kept`: a
    later run can go on with it. `resumed`: an earlier run has begun it. `finished`: the finish_reason of a crawl that
    has ended. `gone`: it cannot be gone on with. `answered`: the API has answered an earlier run or another worker.
    `wait_until`: the API asked to be left alone until then (seconds since 1970).

    `outputs`: bytes of each output file that are acknowledged, `sums`: their CRC-32. `counts`: records by kind that
    this process, or this job, has written. `listings`: how many ended how. `crawl_counts`: further counts of the crawl
    record. `named`: some listings that are not complete. `behind`: see `announced.behind`. `again`: listings that the
    same command tries again. `came`: anything of what was asked for has come.
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
    sums: dict[str, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    listings: Counter[str] = field(default_factory=Counter)
    crawl_counts: dict[str, int] = field(default_factory=dict)
    named: list[str] = field(default_factory=list)
    behind: Counter[str] = field(default_factory=Counter)
    again: int = 0
    came: bool = False

    def __post_init__(self) -> None:
        self.stamp = self.stamp or self.started_at.replace(":", "-").removesuffix("Z")

    def note(self, listing: Listing) -> None:
        """Count a listing that has ended, and name it if it is not complete. An object that came is no listing."""
        self.came = self.came or came(listing)
        if listing.complete:
            self.listings["complete"] += listing.is_list
            return
        how, words = shortfall(listing)
        self.listings[how] += 1
        self.again += listing.retried and how != "interrupted"
        if len(self.named) < NAMED:
            self.named.append(words)

    def places(self) -> list[str]:
        """Where the output is: its folder, or the one file."""
        written = [path for path, length in self.outputs.items() if length]
        folders = {str(Path(path).parent) for path in written}
        if len(written) <= len(folders) + 1:
            return sorted(written)
        return sorted(folders)


@dataclass(frozen=True, slots=True)
class Ack:
    """A page is written. `follow`: listings that it led to. `lengths`, `sums`: bytes and CRC-32 of the output files."""

    listing: Listing
    follow: Sequence[Listing] = ()
    lengths: Mapping[str, int] = field(default_factory=dict)
    sums: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What an acknowledgement changed.

    `held`: False where the lease was lost: another worker has the listing. `leased`: listings that are leased now and
    go first. `over`: playlists that wait for nothing any more.
    """

    held: bool = True
    leased: Sequence[Listing] = ()
    over: Sequence[Listing] = ()


class Files(Protocol):
    """What a crawl keeps of its output files, for whoever writes them."""

    @property
    def planned(self) -> str:
        """The output folder that an earlier process was about to make when it died; "" for none."""

    def plan_folder(self, folder: str) -> None:
        """Remember an output folder that is about to be made. Raises sqlite3.Error."""

    def is_own(self, path: str) -> bool:
        """Whether no other crawl can write to a file of that name."""

    def verify(self) -> None:
        """Raises OutputError where the output of a finished crawl is not as it was left."""

    def intend(self, lengths: Mapping[str, int]) -> None:
        """Note how long the files will be with the page that is about to be written. Raises OSError."""

    def check(self) -> None:
        """Raises Disturbed where the crawl's own files were deleted or changed under it."""


class Frontier(Protocol):
    """A store of listings that are to be walked, and of what is acknowledged.

    Whatever writes raises OSError or sqlite3.Error where the disk fails it. `worker`: this process: host and process
    id. `blocked`: endpoints that this process does not ask any more. `polls`: seconds between two looks for work that
    others may have added; None where nobody else adds any.
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
        """Find the crawl, or make it. Raises ArgumentError where it is another one, damaged or in use."""

    def begin(self, lengths: dict[str, int]) -> None:
        """Begin with output files of these lengths, or go on. Raises OutputError where they are not as acknowledged."""

    async def lease(self, count: int, *, may_try: bool) -> list[Listing]:
        """Up to so many listings to ask for. `may_try`: also those that an earlier run asked for in vain."""

    @property
    def is_over(self) -> bool:
        """Whether no listing will come but from those that are leased here."""

    @property
    def levels(self) -> Mapping[int, int]:
        """How many listings of each level have not ended."""

    def save(self, listing: Listing, *, sent: bool) -> None:
        """Remember its attempts. `sent`: its page is about to be asked for, else it comes back unanswered."""

    def heed(self, until: float) -> None:
        """Remember for later runs that the API asked to be left alone until then (seconds since 1970)."""

    def holds(self, listing: Listing) -> bool:
        """Whether what came for that listing may be written; if not, it is given back."""

    async def acknowledge(self, ack: Ack) -> Acknowledged:
        """Acknowledge a page that is written. Whatever is raised, it is not acknowledged, nor can another one be."""

    @property
    def is_bad(self) -> bool:
        """Whether the data set lacks what was asked for, as far as is known."""

    async def finish(self, reason: str) -> str:
        """Give back what is leased here. The finish_reason of a run that ends for that reason.

        Nothing is finished that is still open, or lacks what was asked for.
        """

    def unfinished(self, unasked: int) -> Iterator[Listing]:
        """Listings that have not ended, or that a later run tries again; of those never asked for, up to `unasked`."""

    @property
    def unasked(self) -> int:
        """How many listings were never asked for, the seeds to come among them."""

    def close(self, reason: str, lengths: Mapping[str, int], sums: Mapping[str, int]) -> None:
        """End this run. `lengths`, `sums`: of the output files with their closing records."""

    def abandon(self) -> None:
        """Let go of the crawl as it is."""
