"""Parts of feeds as users write them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import IO, Any

from itemadapter import ItemAdapter
from scrapy import Spider
from scrapy.exporters import BaseItemExporter
from scrapy.extensions.feedexport import BlockingFeedStorage, ItemFilter


class OnlyEdges(ItemFilter):
    def accepts(self, item: Any) -> bool:
        return bool(ItemAdapter(item)["kind"] == "edge")


class Nothing(ItemFilter):
    def accepts(self, item: Any) -> bool:
        return False


class OnlyUsers:
    """As Scrapy's documentation shows a filter: without a base class."""

    def __init__(self, feed_options: dict[str, Any]) -> None:
        self.feed_options = feed_options

    def accepts(self, item: Any) -> bool:
        return bool("kind" in item and item["kind"] == "user")


class Upper:
    """A plugin for `postprocessing` that writes capitals."""

    def __init__(self, file: IO[bytes], feed_options: dict[str, Any]) -> None:
        self._file = file

    def write(self, data: bytes | memoryview) -> int:
        return self._file.write(bytes(data).upper())

    def close(self) -> None:
        self._file.close()


class Short(BaseItemExporter):
    """Writes the kind of each record."""

    def __init__(self, file: BytesIO, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._file = file

    def export_item(self, item: Any) -> None:
        self._file.write(f"{ItemAdapter(item)['kind']}\n".encode())


class Endless(Short):
    """Fails at the end."""

    def finish_exporting(self) -> None:
        raise RuntimeError("a bug")


class Storage(BlockingFeedStorage):
    """Stores at `mine://NAME`, which is a file of that name with `.stored` in the present folder."""

    def __init__(self, uri: str, *, feed_options: dict[str, Any] | None = None) -> None:
        self._path = Path(f"{uri.removeprefix('mine://')}.stored")

    def _store_in_thread(self, file: IO[bytes]) -> None:
        file.seek(0)
        self._path.write_bytes(file.read())
        file.close()


class Broken(Storage):
    """Stores small files only."""

    def _store_in_thread(self, file: IO[bytes]) -> None:
        if file.seek(0, 2):
            file.close()
            raise OSError("no room there")
        super()._store_in_thread(file)


def uri_params(params: dict[str, Any], spider: Spider) -> dict[str, Any]:
    return {**params, "mine": f"{spider.name}-mine"}


def no_params(params: dict[str, Any], spider: Spider) -> dict[str, Any]:
    raise KeyError("x")
