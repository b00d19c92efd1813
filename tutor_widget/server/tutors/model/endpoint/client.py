"""The one place that knows the `openai` package: requests go out, plain JSON or a `Fault` comes.

Seen of openai 3.57 on httpx2, and why this is as it is:

- Its parser takes lines and bodies of any size. So they are bounded before it (`_Bounded`).
- Its errors quote the endpoint, and an endpoint quotes the key. So the status is judged by a hook
  before the package reads a word of the body, and of other errors only the type is used.
- Its models check nothing and cost much. ``cast_to=object`` leaves the JSON as it is.
- It follows redirects, keeps cookies, takes compressed bodies, and retries. None of it here.
- Its loggers, and those below it, write URLs, headers and texts. They are silenced.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

import httpx2
import openai

from tutor_widget.errors import kind_of
from tutor_widget.network import silent_logger

from .bounds import DataLines, TooMuch
from .chunks import StreamError, read_error
from .failure import Fault
from .retry import asked_wait
from .settings import EndpointSettings

__all__ = ["Client", "Stream", "fault_of", "fault_of_error"]

_PLACEHOLDER: Final = "none"
"""Sent where there is no key. Local endpoints need none, but the header has to hold something."""
_PIECE: Final = 4096
"""Bytes that are parsed before other tasks have a turn."""
_AGAIN: Final = frozenset({408, 409, 429})
_ADVICE: Final[Mapping[int, str]] = {
    400: "it does not take this request; look at the model's name and at how much it reads at once",
    401: "it does not accept the key",
    403: "the key may not use this model",
    404: "there is no such model or no such address; the address often ends with /v1",
    413: "the request is too long for it",
    422: "it does not take this request",
}
_CANNOT_SEND: Final = Fault(
    "set_up", "the request cannot be sent: look at $OPENAI_CUSTOM_HEADERS", proof="nothing"
)

Stream = openai.AsyncStream[object]

for _name in ("openai", "httpx2", "httpcore2"):
    silent_logger(_name)


class Client:
    """Connections to one endpoint."""

    def __init__(self, settings: EndpointSettings) -> None:
        """May raise anything for an address or a proxy that there cannot be."""
        http = httpx2.AsyncClient(
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            event_hooks={"response": [_check]},
            follow_redirects=False,
            headers={"Accept-Encoding": "identity"},
            limits=httpx2.Limits(max_connections=None, keepalive_expiry=15.0),
            timeout=httpx2.Timeout(None, connect=settings.connect_timeout),
            trust_env=not settings.is_local,
        )
        self._openai = openai.AsyncOpenAI(
            api_key=settings.key.reveal() if settings.key else _PLACEHOLDER,
            base_url=settings.url,
            http_client=http,
            max_retries=0,
        )

    async def stream(self, body: Mapping[str, Any]) -> Stream:
        """Send a request; returns its answer, event for event. Raises what `fault_of` explains."""
        return await self._openai.post(
            "/chat/completions",
            cast_to=object,
            body=body,
            stream=True,
            stream_cls=openai.AsyncStream[object],
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._openai.close()


class _Refused(Exception):
    """The response is none that can be read. It holds no word of the response."""

    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self.fault: Final = fault


async def _check(response: httpx2.Response) -> None:
    """Judge a response by its status and headers, and bound its body."""
    if not response.is_success:
        raise _Refused(fault_of_status(response.status_code, asked_wait(response.headers)))
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise _Refused(Fault("unusable", "it sends a compressed answer, which was not asked for"))
    if "html" in response.headers.get("content-type", "").lower():
        why = "it answers with a web page; the address often ends with /v1"
        raise _Refused(Fault("unusable", why))
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = _Bounded(response.stream)


class _Bounded(httpx2.AsyncByteStream):
    """The bytes of a response, up to the bounds, in pieces between which others have a turn."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        lines = DataLines()
        async for data in self._stream:
            for start in range(0, len(data), _PIECE):
                yield lines.take(data[start : start + _PIECE])
                await asyncio.sleep(0)

    async def aclose(self) -> None:
        await self._stream.aclose()


def fault_of(error: Exception, *, answered: bool) -> Fault:
    """Why the request ended, by what `Client.stream` or, once ``answered``, the `Stream` raised."""
    match error:
        case _Refused():
            return error.fault
        case TooMuch():
            return Fault("unusable", "it sends more than an answer can have")
        case openai.APITimeoutError():
            return Fault("busy", "no connection in time", again=True)
        case openai.APIConnectionError():
            return _fault_of_connection(error)
        case openai.APIError():
            return fault_of_error(read_error(error.body))
        case ValueError() if not answered:
            return _CANNOT_SEND
        case ValueError() | RecursionError():
            return Fault("unusable", "it sends something that is no chunk of an answer")
        case _:
            return Fault("unusable", f"its answer cannot be read ({type(error).__name__})")


def fault_of_error(error: StreamError) -> Fault:
    """What an error that stands in the answer means: as the status that it names, else busy."""
    if error.status is not None:
        return fault_of_status(error.status, None)
    return Fault("busy", "it reports an error in its answer", again=True)


def fault_of_status(status: int, after: float | None) -> Fault:
    """What a status means that is not of success (RFC 9110 §15)."""
    why = f"HTTP status {status}"
    if status in _AGAIN or status >= 500:
        return Fault("busy", why, again=True, after=after)
    if status < 400:
        return Fault("set_up", f"{why}: the endpoint is at another address", proof="nothing")
    advice = f": {_ADVICE[status]}" if status in _ADVICE else ""
    return Fault("set_up", why + advice, proof="nothing")


def _fault_of_connection(error: BaseException) -> Fault:
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Fault("set_up", "its certificate is not trusted on this machine", proof="nothing")
    if any(isinstance(cause, httpx2.LocalProtocolError) for cause in causes):
        return _CANNOT_SEND
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Fault("busy", "its host name is not found", again=True)
    return Fault("busy", f"the connection failed ({kind_of(causes[-1])})", again=True)


def _causes(error: BaseException | None) -> list[BaseException]:
    """The exception and what led to it, outermost first."""
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain
