"""Where to connect, and with which token.

`address` has the form of URLs, `audience` says where a token may go, `token_source` asks for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import urlsplit

from tutor_widget.errors import Refused, Unreachable

from .address import parse
from .audience import environment_token, may_send
from .credentials import Credentials
from .token_source import BadToken, TokenSource, ask, check_token

Renewal = Literal["new", "none", "unreachable", "rubbish"]


class Target(Protocol):
    """A tutor server, as the client sees it."""

    key: str
    """Names the server in files; the same for all targets that share its conversations."""
    label: str
    """Names the server to people."""
    credentials: Credentials
    """What the client signs in with: other credentials may be another account's."""

    async def locate(self) -> tuple[str, str | None]:
        """URL and token for the next dial. Raises Unreachable or BadToken."""
        ...

    async def renew(self) -> Renewal:
        """The token was refused: get another for the next `locate`.

        "rubbish": the function returned what is no token; the next `locate` asks it again.
        """
        ...


@dataclass
class Remote:
    """A server at a URL. ``token`` as the program passed it; None: from the environment."""

    url: str
    token: TokenSource | None = None

    def __post_init__(self) -> None:
        self.url = parse(self.url)
        self.key = self.url
        self.label = urlsplit(self.url).netloc
        self.credentials = Credentials(self.token)
        self._last: str | None = None
        if self.token is not None:
            if not isinstance(self.token, str) and not callable(self.token):
                raise TypeError("token must be a string or a function that returns one")
            if not may_send(self.url):
                raise Refused(code="unprotected_token")
        if isinstance(self.token, str):
            check_token(self.token)

    async def locate(self) -> tuple[str, str | None]:
        if self.token is None or isinstance(self.token, str):
            self._last = self._constant()
        elif self._last is None:
            self._last = await ask(self.token)
        return self.url, self._last

    async def renew(self) -> Renewal:
        before = self._last
        try:
            if self.token is None or isinstance(self.token, str):
                self._last = self._constant()
            else:
                self._last = await ask(self.token)
        except Unreachable:
            return "unreachable"
        except BadToken:
            self._last = None
            return "rubbish" if callable(self.token) else "none"
        return "none" if self._last is None or self._last == before else "new"

    def _constant(self) -> str | None:
        if isinstance(self.token, str):
            return self.token
        token = environment_token(self.url)
        return None if token is None else check_token(token, "bad_variable")
