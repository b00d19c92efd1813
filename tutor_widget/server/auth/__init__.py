"""Authentication: which account the credentials of a handshake prove.

contract     `Authenticator`, `Account`, `Denied`, `Closer`
none         no credentials, no accounts: a person alone
bearer       the token in a handshake (RFC 6750)
hub          a token of a JupyterHub
tokens       a list of bearer tokens, one shared or one for each account
jwt          signed tokens (RFC 7519) of an issuer
engines      the choice of an operator
pseudonyms   the names that stand for accounts and sessions in logs and frames
"""

from __future__ import annotations

from .contract import Account, Authenticator, Closer, Denied
from .engines import TOKEN_VARIABLE, make_authenticator
from .hub import HubAuthenticator
from .jwt import JWT_SECRET_VARIABLE, JWTOptions
from .none import NoAuthenticator
from .pseudonyms import Pseudonyms
from .tokens import TokenAuthenticator, read_tokens

__all__ = [
    "JWT_SECRET_VARIABLE",
    "TOKEN_VARIABLE",
    "Account",
    "Authenticator",
    "Closer",
    "Denied",
    "HubAuthenticator",
    "JWTOptions",
    "NoAuthenticator",
    "Pseudonyms",
    "TokenAuthenticator",
    "make_authenticator",
    "read_tokens",
]
