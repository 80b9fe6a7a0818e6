"""The file that keeps tokens between crawls, for all processes of a machine, readable by its owner alone."""

import json
import os
import stat
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import platformdirs
from filelock import AsyncFileLock, Timeout
from scrapy.settings import BaseSettings

from sc_spiders.credentials.types import CredentialError

__all__ = ["State", "TokenFile"]

State = dict[str, dict[str, Any]]
"""What is kept, by the address it is for."""


class TokenFile:
    """Small and rarely used, so it is read and written as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        """The file SC_TOKEN_FILE names, else one in the user's state folder."""
        name = settings.get("SC_TOKEN_FILE")
        folder = platformdirs.user_state_path("sc_spiders")
        return cls(Path(name).expanduser() if name else folder / "tokens.json")

    @asynccontextmanager
    async def locked(self, cancelled: Callable[[], bool] | None = None) -> AsyncIterator[None]:
        """Keep all other processes out; hold it from reading a token until its successor is saved.

        Raises `CredentialError` where there can be no lock, and `filelock.Timeout` once `cancelled` says so.
        """
        lock = AsyncFileLock(f"{self.path}.lock", mode=0o600)
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            await lock.acquire(cancel_check=cancelled)
        except Timeout:  # which is an OSError too
            raise
        except OSError as error:
            raise CredentialError(f"the token file's folder cannot be used: {error}") from None
        try:
            yield
        finally:
            await lock.release()

    def load(self) -> State:
        """What is kept; nothing where there is no file yet.

        Raises `CredentialError` for a file that others can read or own, and for one that is none of ours.
        """
        try:
            with self.path.open(encoding="utf-8") as file:
                status = os.fstat(file.fileno())
                mode = stat.S_IMODE(status.st_mode)
                if os.name == "posix" and status.st_uid != os.geteuid():
                    raise CredentialError(
                        f"the token file {self.path} belongs to another user, who can read it: set SC_TOKEN_FILE, or "
                        f"run: chown {os.geteuid()} {self.path}"
                    )
                if os.name == "posix" and mode & 0o077:
                    raise CredentialError(
                        f"others can read the token file {self.path} (mode {mode:04o}): log in again if they "
                        f"may have, and run: chmod 600 {self.path}"
                    )
                state = json.load(file)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise CredentialError(f"the token file cannot be read: {error}") from None
        except ValueError:
            state = None
        if not isinstance(state, dict) or not all(isinstance(entry, dict) for entry in state.values()):
            raise CredentialError(f"{self.path} is no token file: remove it, or set SC_TOKEN_FILE")
        return state

    def save(self, state: State) -> None:
        """Replace what is kept, in one step: a reader, or a run that is killed, sees the old or the new."""
        try:
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}-")  # mode 0600
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(state, file, indent=1)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self.path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise CredentialError(f"the token file cannot be written: {error}") from None
