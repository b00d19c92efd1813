"""Bearer tokens (RFC 6750) in the handshake.

One token that all learners share makes no accounts: then only the session's id tells learners
apart, and it must not be guessable. A token for each learner makes accounts: the same id names
another session in each account.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from tutor_widget.server.settings import BadSetting
from tutor_widget.textfile import UnreadableFile, read_text

from .bearer import bearer_token
from .contract import Account, Denied

__all__ = ["TokenAuthenticator", "read_tokens"]

_DENIED = Denied(401, "A valid bearer token is required.")


class TokenAuthenticator:
    """An authenticator with a list of tokens, as ``{account: token}``.

    The account ``""`` has the token that all learners share. Raises BadSetting if the list is
    empty, if it has a shared token and accounts, or if two accounts have one token.
    """

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._accounts = _by_digest(tokens)
        self.has_accounts = "" not in tokens

    async def authenticate(self, headers: Mapping[str, str]) -> Account | Denied:
        """The account whose token the headers hold. See `Authenticator.authenticate`."""
        if (token := bearer_token(headers)) is None:
            return _DENIED
        # The time of the look-up depends on the digest of the given token. That reveals nothing of
        # the tokens in the list.
        # A header is read as ISO 8859-1, whatever its bytes mean.
        return self._accounts.get(_digest(token.encode("latin-1", "replace")), _DENIED)

    def replace(self, tokens: Mapping[str, str]) -> frozenset[str]:
        """Take another list in place of the present one; returns the accounts that are gone.

        Raises BadSetting, and keeps the present list, if the new one is faulty or if only one of
        the two has accounts.
        """
        accounts = _by_digest(tokens)
        if self.has_accounts != ("" not in tokens):
            raise BadSetting(
                "A running server cannot change between one shared token and a token for each "
                "account. Restart it for that."
            )
        gone = {account.name for account in self._accounts.values()} - set(tokens)
        self._accounts = accounts
        return frozenset(gone)


def read_tokens(path: Path) -> dict[str, str]:
    """Read tokens from a file: one token alone, or a line ``account token`` for each learner.

    The file is UTF-8, with or without a byte order mark. Blank lines and lines that begin with
    ``#`` are skipped. Raises BadSetting if the file cannot be read or understood; its text names
    file and line, and never a token.
    """
    try:
        lines = read_text(path).splitlines()
    except UnreadableFile as error:
        raise BadSetting(f"The token file {error}") from None
    tokens: dict[str, str] = {}
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) > 2:
            raise BadSetting(f"{path}, line {number}: a token, or an account and its token.")
        account, token = words[0] if len(words) == 2 else "", words[-1]
        if tokens and "" in {account, *tokens}:
            raise BadSetting(f"{path}, line {number}: one shared token, or one for each account.")
        if account in tokens:
            first = seen[tokens[account]]
            raise BadSetting(
                f"{path}, lines {first} and {number}: account {account!r} has two tokens. Remove "
                "one of the lines."
            )
        if (first := seen.setdefault(token, number)) != number:
            raise BadSetting(
                f"{path}, lines {first} and {number}: two accounts have the same token. Make a new "
                "token for one of them."
            )
        tokens[account] = token
    if not tokens:
        raise BadSetting(f"The token file {path} holds no token.")
    return tokens


def _by_digest(tokens: Mapping[str, str]) -> dict[bytes, Account]:
    accounts = {_digest(token.encode()): Account(name) for name, token in tokens.items()}
    if not tokens or ("" in tokens and len(tokens) > 1):
        raise BadSetting("One shared token is required, or one for each account.")
    if len(accounts) < len(tokens):
        raise BadSetting("Two accounts have the same token. Make a new token for one of them.")
    return accounts


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()
