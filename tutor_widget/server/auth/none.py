"""No authentication: for a person alone."""

from __future__ import annotations

from collections.abc import Mapping

from .contract import Account

__all__ = ["NoAuthenticator"]


class NoAuthenticator:
    """Requires no credentials, and makes no accounts: everyone who reaches the port may connect."""

    has_accounts = False

    async def authenticate(self, _headers: Mapping[str, str]) -> Account:
        """Returns the account without a name. See `Authenticator.authenticate`."""
        return Account("")
