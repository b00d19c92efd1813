"""Authentication: which account the credentials of a handshake prove.

contract     `Authenticator`, `Account`, `Denied`
none         no credentials, no accounts: a person alone
tokens       a list of bearer tokens, one shared or one for each account
engines      the choice of an operator
pseudonyms   the names that stand for accounts and sessions in logs and frames
"""

from __future__ import annotations

from .contract import Account, Authenticator, Denied
from .engines import TOKEN_VARIABLE, make_authenticator
from .none import NoAuthenticator
from .pseudonyms import Pseudonyms
from .tokens import TokenAuthenticator, read_tokens

__all__ = [
    "TOKEN_VARIABLE",
    "Account",
    "Authenticator",
    "Denied",
    "NoAuthenticator",
    "Pseudonyms",
    "TokenAuthenticator",
    "make_authenticator",
    "read_tokens",
]
