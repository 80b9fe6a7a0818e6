"""Logs a user out of the public API."""

from scrapy.settings import BaseSettings

from sc_spiders.api.hosts import Hosts
from sc_spiders.credentials.tokenfile import TokenFile

__all__ = ["log_out"]


async def log_out(settings: BaseSettings) -> bool:
    """Remove all tokens of the configured token endpoint from the token file. False if there was none.

    Raises `CredentialError` for a token file that must not be used, `BadHost` for such an address.
    """
    url, file = Hosts.from_settings(settings).url("token"), TokenFile.from_settings(settings)
    if not file.load():
        return False
    async with file.locked():
        state = file.load()
        # The times of token requests stay: they count for the quota.
        kept = {key: entry for key, entry in state.items() if not key.startswith(f"{url} ") or "times" in entry}
        file.save(kept)
    return len(kept) < len(state)
