"""Types that the modules of this package share."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sc_spiders.errors import CredentialError, Reason, Unanswered

__all__ = ["Credential", "CredentialError", "Grant", "Reason", "Source", "Unanswered", "checked"]


Grant = tuple[Mapping[bytes, str], bytes]
"""Headers and body of a token request. Both are secret, so they are added just before the request is sent."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A client id, a token or both, to sign requests with; never printed. `expires_at`: seconds since 1970."""

    client_id: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    expires_at: float = math.inf


def checked(name: str, value: object, reason: Reason = "credentials") -> str:
    """The value, if a header or URL can hold it. Raises CredentialError, whose message has `name`, not the value."""
    if not isinstance(value, str) or not re.fullmatch(r"[!-~]+", value):
        raise CredentialError(
            f"{name} is not a valid credential: it takes letters, digits and signs, without spaces", reason
        )
    return value


class Source(Protocol):
    """A source of an API's credentials."""

    renewable: bool
    """Whether it can give another credential after one was refused."""
    remedy: str
    """Advice for a person if the credentials stay refused."""

    @property
    def grant(self) -> Grant | None:
        """Headers and body of the current token request; None if there is none."""

    async def obtain(self, refused: Credential | None) -> Credential:
        """A credential. `refused`: the one that the API has just refused.

        Raises `CredentialError` if there is none.
        """
