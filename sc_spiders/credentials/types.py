"""What the parts of this package hand each other."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sc_spiders.errors import CredentialError, Reason, Unanswered

__all__ = ["Credential", "CredentialError", "Grant", "Reason", "Source", "Unanswered", "checked"]


Grant = tuple[Mapping[bytes, str], bytes]
"""Headers and body of a request to the token endpoint. Secrets both, so they are added on the wire."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request is signed with; never shown. `expires_at` is in seconds since 1970."""

    client_id: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    expires_at: float = math.inf


def checked(name: str, value: object, reason: Reason = "credentials") -> str:
    """The value, where a header or a URL can carry it. Raises CredentialError, which names it and does not show it."""
    if not isinstance(value, str) or not re.fullmatch(r"[!-~]+", value):
        raise CredentialError(f"{name} is no credential: it takes letters, digits and signs, without spaces", reason)
    return value


class Source(Protocol):
    """Where the credential of an API comes from."""

    renewable: bool
    """Whether a refused one may be followed by another."""
    remedy: str
    """What a person can do once it stays refused."""

    @property
    def grant(self) -> Grant | None:
        """What the token request under way carries; None where there is none."""

    async def obtain(self, refused: Credential | None) -> Credential:
        """A credential to use; `refused` is the one that was not accepted.

        Raises `CredentialError` where there is none.
        """
