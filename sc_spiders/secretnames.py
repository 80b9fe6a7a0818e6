"""What credentials are called, wherever they stand: among parameters, as keys of objects, in texts."""

from __future__ import annotations

__all__ = ["NAMES", "is_secret"]

NAMES = frozenset(
    {
        "client_id",
        "client_secret",
        "oauth_token",
        "access_token",
        "refresh_token",
        "secret_token",
        "playlistSecretToken",
        "track_authorization",
        "code_verifier",
    }
)
_LOWER = frozenset(map(str.lower, NAMES))


def is_secret(name: str) -> bool:
    """Whether a parameter of that name is a credential, in whichever case."""
    return name.lower() in _LOWER
