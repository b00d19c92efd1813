"""How a connection, or the attempt at one, ended: the exceptions of `websockets` as `Ending`s."""

from __future__ import annotations

import datetime
import email.utils
import socket
import ssl

from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidProxyStatus,
    InvalidURI,
    NegotiationError,
)

from tutor_widget.errors import TutorError
from tutor_widget.markup.plain import printable
from tutor_widget.session import Ending, Kind

from .address import shown
from .answer import Answer
from .proxy import Proxy


def undialled(kind: Kind, error: TutorError) -> Ending:
    """How an attempt ended before there was an address to dial."""
    return Ending(kind, cause=error.code, args=error.params)


def closure(over: ConnectionClosed) -> Ending:
    """How an open connection ended."""
    if over.rcvd is not None and (over.sent is None or over.rcvd_then_sent):
        return Ending(Kind.CLOSED, over.rcvd.code, printable(over.rcvd.reason))
    if over.sent is not None and over.sent.code in (1002, 1003, 1007, 1009):
        # A frame over our limit is, for the session, a broken protocol like any other.
        return Ending(
            Kind.BROKEN, 1002 if over.sent.code == 1009 else over.sent.code, over.sent.reason
        )
    return Ending(Kind.LOST)


def refusal(status: int, answer: Answer, url: str) -> Ending:
    """How an attempt ended that the server answered with an HTTP status. ``url`` was asked."""
    after = _retry_after(answer.header("retry-after"), answer.header("date"))
    location = answer.header("location") if 300 <= status <= 399 else None
    there = shown(url, location) if location else None
    args = {"location": there} if there else {}
    return Ending(Kind.HTTP, status, retry_after=after, args=args)


def proxy_failure(error: Exception, proxy: Proxy) -> Ending:
    """How an attempt ended that came no further than the proxy."""
    name, host = proxy.variable, proxy.host
    if isinstance(error, InvalidProxyStatus):
        return Ending(
            Kind.LOST,
            cause="proxy_refused",
            args={"variable": name, "proxy": host, "status": error.response.status_code},
        )
    return Ending(Kind.LOST, cause="proxy_unreachable", args={"variable": name, "proxy": host})


def failure(error: Exception) -> Ending:
    """How an attempt to open a connection ended that was given no HTTP status."""
    match error:
        # An OSError and a ValueError too: it must come first.
        case ssl.SSLCertVerificationError():
            return Ending(Kind.CERTIFICATE, detail=error.verify_message or error.reason)
        case ssl.SSLError():
            return Ending(Kind.LOST, cause="tls_failed")
        case socket.gaierror():
            return Ending(Kind.UNRESOLVED)
        case InvalidMessage() if isinstance(error.__cause__, EOFError):
            return Ending(Kind.LOST)
        case NegotiationError() | InvalidHandshake():
            return Ending(Kind.NO_SUBPROTOCOL)
        case ConnectionRefusedError():
            return Ending(Kind.LOST, cause="connection_refused")
        case TimeoutError():
            return Ending(Kind.SILENT, cause="no_answer_in_time")
        case OSError():
            # asyncio reports several addresses tried as one OSError with their sentences joined.
            return Ending(Kind.LOST, cause="unreachable")
        case InvalidURI() | ValueError():
            return Ending(Kind.MALFORMED)
        case _:
            return Ending(Kind.LOST, cause="dial_failed")


def _retry_after(value: str | None, date: str | None) -> float | None:
    """Seconds from a Retry-After (RFC 9110 §10.2.3); a date counts from the answer's own Date."""
    if not value:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    if (then := _http_date(value)) is None:
        return None
    now = _http_date(date or "") or datetime.datetime.now(datetime.UTC)
    return max(0.0, (then - now).total_seconds())


def _http_date(value: str) -> datetime.datetime | None:
    try:
        found = email.utils.parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    # Two of the three forms of RFC 9110 §5.6.7 name no zone, and mean UTC.
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)
