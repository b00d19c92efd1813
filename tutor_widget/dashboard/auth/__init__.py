"""Who signs in to the dashboard.

contract  what the pages need of an authenticator
tokens    a file with a token for each teacher; the form and the cookie that it takes
attempts  how often somebody may try (pure)
hub       users of a JupyterHub, by its OAuth; needs jupyterhub, imported only then
scopes    what the hub's scopes and the operator's table make of a user (pure)
"""

from __future__ import annotations

from .contract import Authenticator, Denied, Route

__all__ = ["Authenticator", "Denied", "Route"]
