"""Who may come in, and as whom.

The credential is a bearer token in the handshake (RFC 6750). One token that all learners share
makes no accounts: then the session's id is what tells learners apart, and must not be guessable.
A token for each learner makes accounts: the same id names a session of each.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tutor_widget.server.settings import BadSetting

__all__ = ["TokenAuthenticator", "read_tokens"]

SHARED: Final = ""
"""The account of everyone where there are no accounts."""


class TokenAuthenticator:
    """Knows the tokens, as ``{account: token}``; none at all lets everyone in.

    The account ``""`` belongs to a token that all share.
    """

    def __init__(self, tokens: Mapping[str, str] | None = None) -> None:
        self._accounts = {_digest(token): account for account, token in (tokens or {}).items()}
        self.has_accounts = any(self._accounts.values())

    def account(self, authorization: str | None) -> str | None:
        """The account that the header ``Authorization`` proves; None if it proves nothing."""
        if not self._accounts:
            return SHARED
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        # Compared as digests, all of them: the time taken tells nothing about any token.
        given = _digest(token.strip())
        found: str | None = None
        for digest, account in self._accounts.items():
            if hmac.compare_digest(digest, given):
                found = account
        return found


def read_tokens(path: Path) -> dict[str, str]:
    """The tokens of a file: one alone, or a line ``account token`` for each learner.

    Blank lines and lines that begin with ``#`` are skipped. Raises BadSetting, a sentence that
    names file and line and no token, for a file that cannot be read or understood.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"The token file {path} cannot be read: {error}.") from None
    tokens: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) > 2:
            raise BadSetting(f"{path}, line {number}: a token, or an account and its token.")
        account = words[0] if len(words) == 2 else SHARED
        if account in tokens or (tokens and SHARED in {account, *tokens}):
            raise BadSetting(f"{path}, line {number}: one shared token, or one for each account.")
        tokens[account] = words[-1]
    if not tokens:
        raise BadSetting(f"The token file {path} holds no token.")
    return tokens


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
