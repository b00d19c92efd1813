"""How a connection, or the attempt at one, ended: the exceptions of `websockets` as `Ending`s."""

from __future__ import annotations

import datetime
import email.utils
import socket
import ssl

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    InvalidURI,
    NegotiationError,
    ProxyError,
)

from tutor_widget.errors import TutorError
from tutor_widget.session import Ending, Kind


def undialled(kind: Kind, error: TutorError) -> Ending:
    """How an attempt ended before there was an address to dial."""
    return Ending(kind, cause=error.code, args=error.params)


def closure(over: ConnectionClosed) -> Ending:
    """How an open connection ended."""
    if over.rcvd is not None and (over.sent is None or over.rcvd_then_sent):
        return Ending(Kind.CLOSED, over.rcvd.code, over.rcvd.reason)
    if over.sent is not None and over.sent.code in (1002, 1003, 1007, 1009):
        # A frame over our limit is, for the session, a broken protocol like any other.
        return Ending(
            Kind.BROKEN, 1002 if over.sent.code == 1009 else over.sent.code, over.sent.reason
        )
    return Ending(Kind.LOST)


def failure(error: Exception, seen: ClientConnection | None) -> Ending:
    """How an attempt to open one ended."""
    if isinstance(error, TimeoutError) and seen is not None:
        # The library loses an answer whose body does not end.
        error = seen.protocol.handshake_exc or error
    match error:
        case InvalidStatus():
            after = _retry_after(header(error, "Retry-After"), header(error, "Date"))
            return Ending(Kind.HTTP, error.response.status_code, retry_after=after)
        # An OSError and a ValueError too: it must come first.
        case ssl.SSLCertVerificationError():
            return Ending(Kind.CERTIFICATE, detail=error.verify_message or error.reason)
        case ssl.SSLError():
            return Ending(Kind.LOST, cause="tls_failed")
        case socket.gaierror():
            return Ending(Kind.UNRESOLVED)
        case ProxyError():
            return Ending(Kind.LOST, cause="proxy_refused")
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


def header(error: InvalidStatus, name: str) -> str | None:
    """The first of that name: the library raises if there are two."""
    values = error.response.headers.get_all(name)
    return values[0] if values else None


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
