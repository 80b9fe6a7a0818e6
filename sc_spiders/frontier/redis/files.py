"""What a worker stores about its output files: nothing, because Redis and its memory are enough."""

from __future__ import annotations

from collections.abc import Mapping

from sc_spiders.disk import Locks
from sc_spiders.frontier.output_files import NO_LOCKS


class WorkerFiles:
    """Implements `base.Files`. `worker`: the name of the worker's folder."""

    planned = ""
    in_output = False

    def __init__(self) -> None:
        self.worker = ""
        self.locks = Locks(NO_LOCKS)

    def plan_folder(self, folder: str) -> None:
        """Does nothing: the folder is the worker's own, and a dead worker never comes back."""

    def is_own(self, path: str) -> bool:
        return self.worker in path

    def verify(self) -> None:
        """Does nothing: no worker knows the files of the others."""

    def intend(self, lengths: Mapping[str, int]) -> None:
        """Does nothing: no later process appends to the file."""

    def check(self) -> None:
        """Does nothing: there is no job directory."""
