"""The output files of a worker, of which nothing is kept but in Redis and in its memory."""

from __future__ import annotations

from collections.abc import Mapping


class WorkerFiles:
    """It fulfils `base.Files`. `worker`: what the worker's folder is called."""

    planned = ""

    def __init__(self) -> None:
        self.worker = ""

    def plan_folder(self, folder: str) -> None:
        """Nothing: a folder is the worker's own, and a worker that died does not come back."""

    def is_own(self, path: str) -> bool:
        return self.worker in path

    def verify(self) -> None:
        """Nothing: each worker knows its own files."""

    def intend(self, lengths: Mapping[str, int]) -> None:
        """Nothing: no later process goes on with the file."""

    def check(self) -> None:
        """Nothing: there is no job directory."""
