"""Feeds that are stored elsewhere (S3, GCS, FTP) when the crawl is over."""

from __future__ import annotations

import shutil
from contextlib import suppress
from ftplib import FTP, FTP_TLS
from itertools import count
from pathlib import Path
from ssl import create_default_context
from typing import TYPE_CHECKING

from scrapy.extensions.feedexport import BlockingFeedStorage, FTPFeedStorage, S3FeedStorage
from scrapy.utils.asyncio import run_in_thread
from scrapy.utils.defer import ensure_awaitable

from sc_spiders.errors import ArgumentError

if TYPE_CHECKING:
    from scrapy import Spider

TEST = ".test"
"""The suffix of the file that is written to try a place."""

_FOLDER = Path("output")


async def try_out(storage: BlockingFeedStorage, uri: str, spider: Spider) -> None:
    """Store an empty file at that URI, and delete it from S3 and FTP. Raises ArgumentError if it cannot be stored."""
    try:
        await ensure_awaitable(storage.store(storage.open(spider)))
    except Exception as e:  # any exception of the storage's library
        raise ArgumentError(
            f"{uri.removesuffix(TEST)} cannot be written ({type(e).__name__}: {e}): mend that, or write to a file and "
            "upload it"
        ) from None
    with suppress(Exception):  # it may be forbidden to delete
        await run_in_thread(_delete, storage)


def _delete(storage: BlockingFeedStorage) -> None:
    if isinstance(storage, S3FeedStorage):
        storage.s3_client.delete_object(Bucket=storage.bucketname, Key=storage.keyname)
    elif isinstance(storage, FTPFeedStorage):
        ftp = FTP_TLS(context=create_default_context()) if storage.tls else FTP()  # noqa: S321  # the user chose it
        with ftp:
            ftp.connect(storage.host, storage.port)
            ftp.login(storage.username, storage.password)
            ftp.delete(storage.path)


def keep(copy: Path, uri: str) -> Path:
    """Move the copy of a file that could not be stored into the folder `output`, under its name in the URI."""
    _FOLDER.mkdir(exist_ok=True)
    name = uri.rpartition("/")[2]
    for number in count(1):
        kept = _FOLDER / name
        if number > 1:
            kept = _FOLDER / f"{number}-{name}"
        if not kept.exists():
            break
    shutil.move(copy, kept)
    return kept.absolute()
