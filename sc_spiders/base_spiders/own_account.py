"""Refuses to resume a crawl of one user's own lists with the token of another user."""

from __future__ import annotations

from functools import partial

from sc_spiders import records
from sc_spiders.base_spiders.hooks import SpiderHooks
from sc_spiders.base_spiders.wire import CrawlWire
from sc_spiders.context import context
from sc_spiders.errors import ActionsStopped, typed

__all__ = ["hold_to_account"]


def hold_to_account(spider: SpiderHooks) -> None:
    """Check, each time this crawl is resumed, that the token is still that of the same user."""
    context(spider.crawler).resume_checks.append(partial(_check_account, spider))


async def _check_account(spider: SpiderHooks) -> None:
    """Raises ActionsStopped if the token is not that of the user whose lists an earlier run began."""
    accounts = spider.followed("user")
    if not len(accounts):
        return
    me = await CrawlWire(spider.crawler, spider.api).read("me")
    key = me and records.kind("user", spider.api).key(me)
    if not key:
        raise ActionsStopped("wait", "the API does not say whose token this is; start the same command again later")
    if key not in accounts:
        raise ActionsStopped(
            "bad_arguments",
            "this crawl was begun with another user's token: give a token of that user, or begin a new crawl with "
            f"another {typed.job()}, or with {typed.setting('SC_FRESH', '1')} if none was given",
        )
