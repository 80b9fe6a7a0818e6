"""Tells by the first bytes of a file whether it is audio, and how long it lasts."""

from __future__ import annotations

from sc_spiders.sandbox.bodies import File

MAGIC = (
    (0, b"fLaC"), (0, b"OggS"), (0, b"ID3"), (0, b"#!AMR"), (0, b"0&\xb2u\x8ef\xcf\x11"), (4, b"ftyp"),
    (8, b"AIFF"), (8, b"AIFC"), (8, b"WAVE"),
)  # fmt: skip
"""Where which bytes stand: FLAC, OGG, MP3 with tags, AMR, WMA, AAC in MP4, AIFF, WAVE."""

BYTES_A_SECOND = 16_000
"""Of audio at 128 kbit/s: by it, lengths are estimated of files that do not tell it near their beginning."""


def milliseconds(file: File) -> int:
    """Return the length of a file in milliseconds, or 0 if it is no audio."""
    head = file.head
    if not any(head[at : at + len(magic)] == magic for at, magic in MAGIC) and not _is_mpeg(head):
        return 0
    return max(1, file.size * 1000 // _rate(head))


def _is_mpeg(head: bytes) -> bool:
    """Say whether a file begins with a frame of MP2, MP3 or AAC: eleven bits that are set."""
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0


def _rate(head: bytes) -> int:
    """Return the bytes of one second. A WAVE file tells them, after its sample rate."""
    at = head.find(b"fmt ")
    if head[8:12] == b"WAVE" and at > 0:
        return int.from_bytes(head[at + 16 : at + 20], "little") or BYTES_A_SECOND
    return BYTES_A_SECOND
