"""What an output has that is gone now."""

from __future__ import annotations

from typing import ClassVar

from sc_spiders.api.hosts import answerer
from sc_spiders.base_spiders.arguments import nodes_of_output
from sc_spiders.base_spiders.targets import Target
from sc_spiders.errors import ArgumentError
from sc_spiders.pages.seeds import Words
from sc_spiders.spiders.hydrate import HydrateSpider


class RecheckSpider(HydrateSpider):
    """Asks for all users, tracks and playlists of an output once more: a `gone` record for each that is gone now.

    Tracks, and in the public API also users, are requested 50 at a time; all else one by one. What is still there comes
    as a new full record; `SC_KINDS=gone` leaves these out. The output stays as it is.

    Yields user, track, playlist, gone; listing only for what could not be asked for.
    """

    name = "recheck"
    main_kind = "gone"
    asks_anew = True
    arguments: ClassVar = {"output": nodes_of_output("the output of a crawl: a folder or file")}

    @property
    def named(self) -> Words[Target]:
        found: Words[Target] = self.args["output"][0]
        return found

    def check(self) -> None:
        this = answerer(self.settings, self.api)
        for server in self.args["output"][1] - {this}:
            raise ArgumentError(
                f"{self.name}: {self.given['output']} is from {server or 'SoundCloud'}, and "
                f"{this or 'SoundCloud'} is asked: it may know nothing of that data"
            )
