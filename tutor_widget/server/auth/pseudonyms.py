"""Names that stand for accounts and sessions where the real ones must not appear.

They are keyed hashes (RFC 7693 §2.9). The key is kept with the database: without it nobody can
find an account's name by hashing a list of names, and with it a name stays the same.
"""

from __future__ import annotations

import hashlib

__all__ = ["Pseudonyms"]


class Pseudonyms:
    """Makes pseudonyms with a secret key of up to 64 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of_account(self, account: str) -> str | None:
        """The account's pseudonym, 32 characters; None where there are no accounts."""
        return self._hash(b"account", account, 16) if account else None

    def of_session(self, account: str, session: str) -> str:
        """The name of a session in logs, 12 characters. It gives no access to the session."""
        return self._hash(b"session", f"{account}\0{session}", 6)

    def _hash(self, purpose: bytes, text: str, size: int) -> str:
        data = text.encode("utf-8", "surrogatepass")
        made = hashlib.blake2b(data, key=self._key, person=purpose, digest_size=size)
        return made.hexdigest()
