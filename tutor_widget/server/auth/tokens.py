"""Bearer tokens (RFC 6750) in the handshake.

One token that all learners share makes no accounts: then only the session's id tells learners
apart, and it must not be guessable. A token for each learner makes accounts: the same id names
another session in each account.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path

from tutor_widget.server.settings import BadSetting

from .contract import SHARED

__all__ = ["TokenAuthenticator", "read_tokens"]


class TokenAuthenticator:
    """An authenticator with a fixed list of tokens, as ``{account: token}``.

    The account ``""`` has the token that all learners share. Without tokens no credentials are
    required.
    """

    def __init__(self, tokens: Mapping[str, str] | None = None) -> None:
        self._accounts = {_digest(token): account for account, token in (tokens or {}).items()}
        self.has_accounts = any(self._accounts.values())

    def account(self, authorization: str | None) -> str | None:
        """The account whose token the header holds, or None. See `Authenticator.account`."""
        if not self._accounts:
            return SHARED
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        # Digests, and all of them, are compared: the time taken reveals nothing about a token.
        given = _digest(token.strip())
        found: str | None = None
        for digest, account in self._accounts.items():
            if hmac.compare_digest(digest, given):
                found = account
        return found


def read_tokens(path: Path) -> dict[str, str]:
    """Read tokens from a file: one token alone, or a line ``account token`` for each learner.

    Blank lines and lines that begin with ``#`` are skipped. Raises BadSetting if the file cannot
    be read or understood; its text names file and line, and never a token.
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
