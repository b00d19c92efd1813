"""Signed tokens of an issuer (JWT, RFC 7519).

authenticator   which account a token proves
keys            the keys that verify tokens: a secret, a public key
jwks            the keys behind a URL, cached
options         what an operator configures, and what is wrong with a half of it
"""

from __future__ import annotations

from .options import JWT_SECRET_VARIABLE, JWTOptions, make_jwt

__all__ = ["JWT_SECRET_VARIABLE", "JWTOptions", "make_jwt"]
