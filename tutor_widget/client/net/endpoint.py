"""Where to connect, and with which token.

`address` has the form of URLs, `audience` says where a token may go, `token_source` asks for one.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from typing import Any, Literal, NamedTuple, Protocol
from urllib.parse import urlsplit

from tutor_widget.errors import InvalidURL, Refused, Unreachable
from tutor_widget.secret import Secret, sealed

from .address import parse
from .audience import environment_token, may_send
from .credentials import Credentials
from .token_source import BadToken, TokenSource, ask, check_token

Renewal = Literal["new", "none", "unreachable", "rubbish"]


class Place(NamedTuple):
    """Where the next dial goes."""

    url: str
    token: Secret | None = None
    connect: Callable[[], Awaitable[socket.socket]] | None = None
    """Returns a connected socket, for a server without an address. Raises OSError."""


class Target(Protocol):
    """A tutor server, as the client sees it."""

    key: str
    """Names the server in files; the same for all targets that share its conversations."""
    label: str
    """Names the server to people."""
    credentials: Credentials
    """What the client signs in with: other credentials may be another account's."""

    async def locate(self) -> Place:
        """The place of the next dial. Raises Unreachable or BadToken."""
        ...

    async def renew(self, refused: Secret | None) -> Renewal:
        """The server refused this token: get another for the next `locate`.

        After "unreachable" and "rubbish" (the source returned what is no token) the next `locate`
        asks the source again.
        """
        ...


class Remote:
    """A server at a URL. ``token`` as the program passed it; None: from the environment.

    A traceback may show the arguments: what can hold a secret is passed as one.
    """

    def __init__(self, url: str | Secret, token: TokenSource | None = None) -> None:
        url, token = sealed(url), sealed(token)
        self.url = self.key = _parse(url)
        self.label = urlsplit(self.url).netloc
        self.token = token
        self.credentials = Credentials(token)
        self._last: Secret | None = None  # what the function returned, until it is refused
        self._asked = 0
        if token is not None:
            if not isinstance(token, Secret) and not callable(token):
                raise TypeError("token must be a string or a function that returns one")
            if not may_send(self.url):
                raise Refused(code="unprotected_token")
        if isinstance(token, Secret):
            check_token(token)

    def __repr__(self) -> str:
        return f"Remote({self.label})"

    async def locate(self) -> Place:
        return Place(self.url, self._last or await self._get())

    async def renew(self, refused: Secret | None) -> Renewal:
        self._drop(refused)
        try:
            token = self._last or await self._get()
        except Unreachable:
            return "unreachable"
        except BadToken:
            return "rubbish" if callable(self.token) else "none"
        if token is None or token == refused:
            self._drop(refused)
            return "none"
        return "new"

    def _drop(self, refused: Secret | None) -> None:
        """Do not send this token again, whatever its source says now."""
        if self._last == refused:
            self._last = None

    async def _get(self) -> Secret | None:
        """The token that its source has now. Raises Unreachable or BadToken."""
        if isinstance(self.token, Secret):
            return self.token
        if self.token is None:
            token = environment_token(self.url)
            return None if token is None else check_token(token, "bad_variable")
        self._asked += 1
        turn = self._asked
        token = await ask(self.token)
        if turn == self._asked:  # else the source was asked again meanwhile: that answer is newer
            self._last = token
        return token


def _parse(url: Any) -> str:
    """As `parse`, without the frames in which the URL is in the clear."""
    try:
        return parse(url.reveal() if isinstance(url, Secret) else url)
    except InvalidURL as error:
        failure = error.with_traceback(None)
    raise failure
