"""What a browser is told about every page, and under which names this server answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from tornado.web import RequestHandler

from tutor_widget.network import is_loopback
from tutor_widget.server.net.address import Network, client_address, is_one_of

__all__ = ["HEADERS", "address_of", "cookie_kwargs", "is_called"]

HEADERS: Final[Mapping[str, str]] = {
    # Nothing is loaded from elsewhere, and nothing in a page is a program, whatever it quotes.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


def is_called(handler: RequestHandler, *, on_loopback: bool, trusted: Sequence[Network]) -> bool:
    """Whether this server may answer to the name in the request.

    A server on loopback is for this machine only: a page elsewhere may have made its own name point
    here (DNS rebinding). A trusted proxy may bring any name.
    """
    name = _name(handler)
    if not on_loopback or name is None or is_loopback(name):
        return True
    return is_one_of(_peer(handler), trusted)


def address_of(handler: RequestHandler, trusted: Sequence[Network]) -> str:
    """Whose attempts to sign in are counted together."""
    forwarded = handler.request.headers.get_list("X-Forwarded-For")
    return client_address(_peer(handler), forwarded, trusted)


def cookie_kwargs(handler: RequestHandler) -> dict[str, Any]:
    """How a cookie is set: for this service alone, and over TLS only but on this machine."""
    return {
        "path": handler.application.settings["base_url"],
        "httponly": True,
        "samesite": "Lax",
        "secure": not is_loopback(_name(handler) or ""),
    }


def _name(handler: RequestHandler) -> str | None:
    try:
        return urlsplit(f"//{handler.request.host}").hostname
    except ValueError:
        return ""


def _peer(handler: RequestHandler) -> str:
    return handler.request.remote_ip or ""
