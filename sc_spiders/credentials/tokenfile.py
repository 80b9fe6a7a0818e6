"""The file that keeps tokens between crawls. All processes of a machine share it; only its owner can read it."""

import asyncio
import json
import os
import stat
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO, Self

import platformdirs
from scrapy.settings import BaseSettings

from sc_spiders.disk import Locks
from sc_spiders.disk.text_file import open_text
from sc_spiders.errors import CredentialError, LockCancelled

__all__ = ["State", "TokenFile", "is_state"]

State = dict[str, dict[str, Any]]
"""The entries of the file by name. A name begins with the address of the token endpoint."""

LARGEST = 1_000_000  # bytes
_LOOK = 0.05  # seconds between tries to get a lock that another process holds
_FIELDS = {
    **dict.fromkeys(("client_id", "login", "access_token", "refresh_token"), str),
    "renew_at": int | float,
    "times": list,
}


def is_state(data: Any) -> bool:
    """Whether a JSON value is a State, with each field of its type."""
    return isinstance(data, dict) and all(
        isinstance(entry, dict)
        and all(isinstance(entry[name], kind) for name, kind in _FIELDS.items() if name in entry)
        and all(isinstance(time, int | float) for time in entry.get("times", ()))
        for entry in data.values()
    )


class TokenFile:
    """The token file. It is small and rarely used, so it is read and written as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._locks = Locks("two crawls may renew the same token at once, and then need another login")

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        """The file of SC_TOKEN_FILE, else one in the user's state folder."""
        name = settings.get("SC_TOKEN_FILE")
        folder = platformdirs.user_state_path("sc_spiders")
        path = folder / "tokens.json"
        if name:
            path = Path(name).expanduser()
        # Links are resolved: `save` would replace the link, and its target would stay old.
        return cls(Path(os.path.realpath(path)))

    @asynccontextmanager
    async def locked(self, cancelled: Callable[[], bool] | None = None) -> AsyncIterator[None]:
        """Lock out all other processes. Hold the lock from reading a token until the next one is saved.

        Raises `CredentialError` if the lock cannot be made, and `LockCancelled` if `cancelled` is true.
        """
        while not (file := self._lock()):
            if cancelled and cancelled():
                raise LockCancelled
            await asyncio.sleep(_LOOK)
        with file:
            yield

    def _lock(self) -> BinaryIO | None:
        """The locked file; None if another process holds the lock. Raises `CredentialError`."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check_folder()
            file = open(f"{self.path}.lock", "ab", opener=_open_own)  # noqa: SIM115 - closing it would end the lock
            try:
                self._locks.lock(file)
            except BaseException:
                file.close()
                raise
        except BlockingIOError:
            return None
        except OSError as error:
            raise CredentialError(f"the token file's folder cannot be used: {error}") from None
        return file

    def load(self) -> State:
        """The content; {} if there is no file yet.

        Raises `CredentialError` for a file that other users can read or own, and for one that is not a token file.
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
                        f"others can read the token file {self.path} (mode {mode:04o}): if they may "
                        f"have, log in again; then run: chmod 600 {self.path}"
                    )
                state = json.load(file)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise CredentialError(f"the token file cannot be read: {error}") from None
        except (ValueError, RecursionError):
            state = None
        if not is_state(state):
            raise CredentialError(f"{self.path} is not a token file: remove it, or set SC_TOKEN_FILE")
        return dict(state)

    def _check_folder(self) -> None:
        """Raises CredentialError if other users could replace the file, OSError if there is no folder."""
        folder = self.path.parent
        mode = folder.stat().st_mode
        if os.name == "posix" and mode & 0o002 and not mode & stat.S_ISVTX:
            raise CredentialError(
                f"others can write to the folder of the token file, {folder} (mode {stat.S_IMODE(mode):04o}): set "
                f"SC_TOKEN_FILE, or run: chmod o-w {folder}"
            )

    def save(self, state: State) -> None:
        """Replace the content in one step: readers see the old or the new one, also when this process is killed."""
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


def _open_own(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
