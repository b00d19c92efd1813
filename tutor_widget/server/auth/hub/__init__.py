"""Accounts of a JupyterHub: a client's bearer token is one of the hub's.

authenticator   which account a token proves: asked once at a time, remembered for a while
environment     what the hub, or its operator, tells a service
judge           what an answer of the hub means
cache           what the hub has said of tokens
api             the HTTP request
"""

from __future__ import annotations

from .authenticator import HubAuthenticator
from .environment import HubService, hub_service, service_address, service_prefix

__all__ = ["HubAuthenticator", "HubService", "hub_service", "service_address", "service_prefix"]
