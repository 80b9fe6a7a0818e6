"""Item pipelines as users write them, for the tests in this folder."""

from __future__ import annotations

from typing import Any

from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem


class OnlyTheVerified:
    """Drops users who are not verified, and changes the names of the others to capitals."""

    def process_item(self, item: Any) -> Any:
        record = ItemAdapter(item)
        if record.get("kind") != "user":
            return item
        if not record["verified"]:
            raise DropItem("not verified")
        record["username"] = record["username"].upper()
        return item
