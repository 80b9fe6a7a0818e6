"""One item for each record, for authors of item pipelines (`SC_ITEMS=record`)."""

from __future__ import annotations

from typing import Any

from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem
from scrapy.pipelines import ItemPipelineManager

from sc_spiders.pages.page import Page
from sc_spiders.records.items import ITEMS


class RecordPipelineManager(ItemPipelineManager):
    """Sends each record of a page through ITEM_PIPELINES, as an item of its kind (`sc_spiders.records.items`).

    The item that the pipelines return replaces the record. A dropped record is left out and counted as
    `records/dropped`. The page is acknowledged after all its records, so nothing is lost or doubled. Every record costs
    an item and a call of each pipeline (docs: Performance).
    """

    async def process_item_async(self, item: Any) -> Any:
        if isinstance(item, Page):
            for kind in item.rows.keys() & ITEMS.keys():
                item.rows[kind] = [row for row in [await self._record(kind, row) for row in item.rows[kind]] if row]
            return item
        return await super().process_item_async(item)

    async def _record(self, kind: str, row: dict[str, Any]) -> dict[str, Any] | None:
        try:
            processed = await super().process_item_async(ITEMS[kind](row))
        except DropItem:
            assert self.crawler
            assert self.crawler.stats
            self.crawler.stats.inc_value("records/dropped")
            return None
        return ItemAdapter(processed).asdict()
