"""What the pages need of an authenticator."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from tornado.web import RequestHandler

from tutor_widget.dashboard.roles import Teacher

__all__ = ["Authenticator", "Denied", "Route"]


class Denied(NamedTuple):
    """Why somebody whose name is known has no place here: a path of the dashboard's words."""

    reason: str


class Route(NamedTuple):
    """A page of the authenticator's own, below the base URL."""

    path: str
    handler: type[RequestHandler]


class Authenticator(Protocol):
    """Says whose a request is."""

    mixin: type
    """What every handler inherits from before all else."""
    settings: dict[str, Any]
    """For tornado's application."""
    signs_out: bool
    """Whether the page has a button to sign out. A hub has one of its own."""

    def routes(self) -> list[Route]:
        """The pages for signing in and out."""

    async def identify(self, handler: RequestHandler) -> Teacher | None:
        """Whose request this is; None: somebody who has not signed in.

        Raises tornado's HTTPError 503 if that cannot be found out now.
        """

    def sign_in_url(self, handler: RequestHandler) -> str:
        """Where the browser goes to sign in, and from there back to the page of the request."""
