"""Where to connect, and with which token.

A token given with a URL goes to that URL only. A token from the environment goes to
``$TUTOR_CHAT_URL`` and below, and to the hub's own ``/services/`` paths, because other paths of a
hub's origin are other users' servers. Over plain ``ws://`` a token goes to loopback only, unless
the operator allows it by setting ``$TUTOR_CHAT_URL``.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import re
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from tutor_widget.codes import Code
from tutor_widget.errors import InvalidURL, Refused, Unreachable
from tutor_widget.network import is_loopback

from .credentials import Credentials

TokenSource = str | Callable[[], str | None] | Callable[[], Awaitable[str | None]]
Renewal = Literal["new", "none", "unreachable", "rubbish"]

SOURCE_WITHIN: Final = 10.0
"""Seconds that a source of tokens may take."""
_SCHEMES: Final = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}


class BadToken(Refused):
    """A value given as a token cannot be one. The value is not shown."""


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


def parse(url: str) -> str:
    """The URL as ``ws://`` or ``wss://``, normalised. Raises InvalidURL."""
    if not isinstance(url, str):
        raise InvalidURL(f"The tutor's address must be a string, not {type(url).__name__}.")
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise InvalidURL(f"The tutor's address is not a URL: {error}.") from None
    if parts.scheme.lower() not in _SCHEMES:
        raise InvalidURL("The tutor's address must begin with ws://, wss://, http:// or https://.")
    if not parts.hostname or re.search(r"\s", url.strip()):
        raise InvalidURL("The tutor's address names no computer, as wss://example.org/ does.")
    if parts.username is not None or parts.password is not None:
        raise InvalidURL("The tutor's address must hold no password: pass token=… instead.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    try:
        host.encode("idna" if not host.isascii() else "ascii")
    except UnicodeError:
        raise InvalidURL("The tutor's address names no possible computer.") from None
    netloc = host if port is None else f"{host}:{port}"
    scheme = _SCHEMES[parts.scheme.lower()]
    return urlunsplit((scheme, netloc, parts.path or "/", parts.query, ""))


def is_local(url: str) -> bool:
    """Whether the URL's host is this machine."""
    return is_loopback(urlsplit(url).hostname or "")


def is_below(url: str, base: str) -> bool:
    """Whether the URL is the base or a path below it, on the same origin."""
    one, other = urlsplit(url), urlsplit(base)
    if ".." in re.split(r"[/\\]", unquote(one.path)):
        return False  # it may lead out of the base again
    path = other.path.rstrip("/") + "/"
    return _origin(one) == _origin(other) and (one.path.rstrip("/") + "/").startswith(path)


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    default = 443 if parts.scheme == "wss" else 80
    return parts.scheme, parts.hostname or "", parts.port or default


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
        asked = is_below(self.url, operators) if (operators := _operators_url()) else False
        plain = self.url.startswith("ws://") and not is_local(self.url)
        if self.token is not None:
            if not isinstance(self.token, str) and not callable(self.token):
                raise TypeError("token must be a string or a function that returns one")
            if plain and not asked:
                raise Refused(code="unprotected_token")
        if isinstance(self.token, str):
            _check_token(self.token)
        self._may_use_environment = asked or (not plain and _is_hub_service(self.url))

    async def locate(self) -> tuple[str, str | None]:
        if self.token is None or isinstance(self.token, str):
            self._last = self._constant()
        elif self._last is None:
            self._last = await _ask(self.token)
        return self.url, self._last

    async def renew(self) -> Renewal:
        before = self._last
        try:
            if self.token is None or isinstance(self.token, str):
                self._last = self._constant()
            else:
                self._last = await _ask(self.token)
        except Unreachable:
            return "unreachable"
        except BadToken:
            self._last = None
            return "rubbish" if callable(self.token) else "none"
        return "none" if self._last is None or self._last == before else "new"

    def _constant(self) -> str | None:
        if isinstance(self.token, str):
            return self.token
        if not self._may_use_environment:
            return None
        token = os.environ.get("TUTOR_CHAT_TOKEN") or os.environ.get("JUPYTERHUB_API_TOKEN")
        return _check_token(token, "bad_variable") if token else None


def _check_token(token: object, code: Code = "bad_token") -> str:
    if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
        raise BadToken(code=code)
    return token


async def _ask(source: Any) -> str | None:
    """Ask a user's function, sync or async, for at most `SOURCE_WITHIN` s.

    Raises BadToken for what is no token, Unreachable for any other failure: the text of the
    function's own error may hold a secret, and is not shown.
    """

    async def asked() -> object:
        try:
            if inspect.iscoroutinefunction(source):
                return await source()
            answer = await _in_a_thread(source)
            return await answer if inspect.isawaitable(answer) else answer
        except (KeyboardInterrupt, SystemExit):  # would end the chats' thread
            raise Unreachable(code="sign_in_unavailable") from None

    asking = asyncio.create_task(asked())
    asking.add_done_callback(lambda task: task.cancelled() or task.exception())  # retrieved
    try:
        # Not `wait_for`: that waits for a task that ignores its cancellation.
        await asyncio.wait({asking}, timeout=SOURCE_WITHIN)
    finally:
        asking.cancel()
    try:
        token = asking.result()  # raises InvalidStateError where it is not done
    except (Exception, asyncio.CancelledError):  # noqa: BLE001 - the source is not ours
        raise Unreachable(code="sign_in_unavailable") from None
    return None if token is None else _check_token(token, "no_token")


async def _in_a_thread(function: Callable[[], object]) -> object:
    """Call the function on its own thread: one that never returns blocks neither a pool nor the
    end of the process."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[object] = loop.create_future()

    def settle(answer: object, raised: bool) -> None:
        if not outcome.done():  # else the caller has given up
            if raised:
                outcome.set_exception(Unreachable())
            else:
                outcome.set_result(answer)

    def run() -> None:
        try:
            answer, raised = function(), False
        except BaseException:  # noqa: BLE001 - see `_ask`
            answer, raised = None, True
        with contextlib.suppress(RuntimeError):  # the loop is gone
            loop.call_soon_threadsafe(settle, answer, raised)

    threading.Thread(target=run, name="tutor_widget-token", daemon=True).start()
    return await outcome


def _operators_url() -> str | None:
    url = os.environ.get("TUTOR_CHAT_URL")
    try:
        return parse(url) if url else None
    except InvalidURL:
        return None


def _is_hub_service(url: str) -> bool:
    base = os.environ.get("JUPYTERHUB_BASE_URL", "/").rstrip("/")
    for name in ("JUPYTERHUB_PUBLIC_HUB_URL", "JUPYTERHUB_HOST", "JUPYTERHUB_API_URL"):
        try:
            hub = urlsplit(parse(os.environ.get(name, "")))
        except InvalidURL:
            continue
        services = urlunsplit((hub.scheme, hub.netloc, f"{base}/services/", "", ""))
        if is_below(url, services):
            return True
    return False
