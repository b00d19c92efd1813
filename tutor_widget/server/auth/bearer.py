"""The bearer token in a handshake (RFC 6750 §2.1)."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["bearer_token"]


def bearer_token(headers: Mapping[str, str]) -> str | None:
    """The token, with each byte as one character (ISO 8859-1). None if there is none."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
