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

from sc_spiders.errors import CredentialError
from sc_spiders.text_file import open_text

__all__ = ["State", "TokenFile", "is_state"]

State = dict[str, dict[str, Any]]
"""What is kept, by the address it is for."""

LARGEST = 1_000_000  # bytes
_FIELDS = {"client_id": str, "access_token": str, "refresh_token": str, "renew_at": int | float, "times": list}


def is_state(data: Any) -> bool:
    """Whether that JSON value is a State, each field of the type that its reader takes it for."""
    return isinstance(data, dict) and all(
        isinstance(entry, dict)
        and all(isinstance(entry[name], kind) for name, kind in _FIELDS.items() if name in entry)
        and all(isinstance(time, int | float) for time in entry.get("times", ()))
        for entry in data.values()
    )


class TokenFile:
    """Small and rarely used, so it is read and written as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        """The file SC_TOKEN_FILE names, else one in the user's state folder."""
        name = settings.get("SC_TOKEN_FILE")
        folder = platformdirs.user_state_path("sc_spiders")
        # What a link leads to is the file: the link would be replaced, and its target stay old.
        return cls(Path(os.path.realpath(Path(name).expanduser() if name else folder / "tokens.json")))

    @asynccontextmanager
    async def locked(self, cancelled: Callable[[], bool] | None = None) -> AsyncIterator[None]:
        """Keep all other processes out; hold it from reading a token until its successor is saved.

        Raises `CredentialError` where there can be no lock, and `filelock.Timeout` once `cancelled` says so.
        """
        lock = AsyncFileLock(f"{self.path}.lock", mode=0o600)
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check_folder()
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
            self._check_folder()
            with open_text(self.path, LARGEST) as file:
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
        except (ValueError, RecursionError):
            state = None
        if not is_state(state):
            raise CredentialError(f"{self.path} is no token file: remove it, or set SC_TOKEN_FILE")
        return dict(state)

    def _check_folder(self) -> None:
        """Raises CredentialError where others could put a file of theirs into the place of ours; OSError."""
        folder = self.path.parent
        mode = folder.stat().st_mode
        if os.name == "posix" and mode & 0o002 and not mode & stat.S_ISVTX:
            raise CredentialError(
                f"others can write to the folder of the token file, {folder} (mode {stat.S_IMODE(mode):04o}): set "
                f"SC_TOKEN_FILE, or run: chmod o-w {folder}"
            )

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
