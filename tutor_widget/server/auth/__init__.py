"""Authentication: the contract, and the authenticator that knows a list of tokens."""

from __future__ import annotations

from .contract import SHARED, Authenticator
from .pseudonyms import Pseudonyms
from .tokens import TokenAuthenticator, read_tokens

__all__ = ["SHARED", "Authenticator", "Pseudonyms", "TokenAuthenticator", "read_tokens"]
