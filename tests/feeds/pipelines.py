"""Item pipelines of somebody's own, for the tests beside this file."""

from __future__ import annotations

from typing import Any

from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem


class OnlyTheVerified:
    """Drops users who are not verified, and writes the names of the others in capitals."""

    def process_item(self, item: Any) -> Any:
        record = ItemAdapter(item)
        if record.get("kind") != "user":
            return item
        if not record["verified"]:
            raise DropItem("not verified")
        record["username"] = record["username"].upper()
        return item
