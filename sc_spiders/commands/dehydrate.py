"""`scrapy dehydrate`: writes the ids of a data set and nothing else, to publish them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scrapy.exceptions import UsageError

from sc_spiders.dataset import InputError, replacing
from sc_spiders.dataset.command import DataCommand
from sc_spiders.dataset.nodes import Nodes


class Command(DataCommand):
    def syntax(self) -> str:
        return "INPUT... [-o FILE]"

    def short_desc(self) -> str:
        return "Write the ids of a data set, to publish them"

    def long_desc(self) -> str:
        return (
            "Writes the URNs of all users, tracks and playlists of outputs, one a line, sorted. Who has the file can "
            "fetch their records anew, by `hydrate FILE`, but not those that are gone by then."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("-o", "--output", metavar="FILE", help="default: standard output")

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        if not args:
            raise UsageError("dehydrate takes files or folders of records")
        urns = sorted(set(Nodes(args).urns()))
        if not urns:
            raise InputError(f"{args[0]}: has no record of a user, track or playlist")
        lines = "".join(f"{urn}\n" for urn in urns)
        if not opts.output or opts.output == "-":
            sys.stdout.write(lines)
            return
        with replacing(Path(opts.output)) as temporary:
            temporary.write_text(lines, encoding="utf-8")
        self.tell(f"{opts.output}: {len(urns):,} URNs")
