"""Gets client ids and tokens, and signs requests with them. Does not know spiders."""

from sc_spiders.credentials.signing import parse_share_tokens, sign
from sc_spiders.credentials.sources import check_given, has_user_token, source_for
from sc_spiders.credentials.types import Credential, Source
from sc_spiders.errors import CredentialError

__all__ = [
    "Credential",
    "CredentialError",
    "Source",
    "check_given",
    "has_user_token",
    "parse_share_tokens",
    "sign",
    "source_for",
]
