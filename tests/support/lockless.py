"""Simulates a file system without locks."""

from __future__ import annotations

import _sqlite3
import ctypes
import fcntl
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

_RECORD_LOCKS = frozenset({fcntl.F_GETLK, fcntl.F_SETLK, fcntl.F_SETLKW})

_Fcntl = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_void_p, use_errno=True)
_SetSystemCall = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
_system_fcntl = ctypes.CDLL(None, use_errno=True).fcntl
_system_fcntl.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_void_p]


class _Vfs(ctypes.Structure):
    """SQLite's `sqlite3_vfs`."""

    _fields_ = (
        *((name, ctypes.c_int) for name in ("iVersion", "szOsFile", "mxPathname")),
        *((f"pointer_{number}", ctypes.c_void_p) for number in range(16)),
        ("xSetSystemCall", _SetSystemCall),
    )


@dataclass
class NoLocks:
    """Makes each lock fail with that error number: `flock`, `lockf`, and the locks that SQLite takes in C.

    Only those of `kinds`: "flock", and "record" for the two others.
    """

    number: int
    kinds: tuple[str, ...] = ("flock", "record")

    def __call__(self) -> None:
        if "flock" in self.kinds:
            fcntl.flock = self.fail
        if "record" in self.kinds:
            fcntl.lockf = self.fail
            set_sqlites_fcntl(self.fcntl)

    def fail(self, *_: Any) -> NoReturn:
        raise OSError(self.number, os.strerror(self.number))

    def fcntl(self, file: int, command: int, argument: int | None) -> int:
        if command in _RECORD_LOCKS:
            ctypes.set_errno(self.number)
            return -1
        return int(_system_fcntl(file, command, argument))


_kept: list[Any] = []  # SQLite calls it, so it must live


def set_sqlites_fcntl(replacement: Callable[[int, int, int | None], int] | None) -> None:
    """Let SQLite call this function instead of the system's `fcntl`. None: the system's again."""
    find = ctypes.CDLL(_sqlite3.__file__).sqlite3_vfs_find
    find.restype = ctypes.POINTER(_Vfs)
    vfs = find(b"unix")
    call = _Fcntl(replacement) if replacement else _Fcntl()
    assert vfs.contents.xSetSystemCall(vfs, b"fcntl", ctypes.cast(call, ctypes.c_void_p)) == 0
    _kept[:] = [call]
