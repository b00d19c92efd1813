"""How connections end, and what each ending asks for: the table of protocol section 6.

The shell says what it saw as an `Ending`; `policy_for` says what to do and how to tell people. The
one row that is not here is that of poison messages, which needs to know what was under way
(`outgoing.Outgoing.lost`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Kind(Enum):
    """What the shell can see."""

    CLOSED = "closed"  # a close frame came; `code` is its code
    BROKEN = "broken"  # we closed because the other side broke the protocol; `code` is ours
    LOST = "lost"  # reset, end of file, refused: no close frame
    SILENT = "silent"  # given up by us after silence or a deadline
    CONTRADICTED = "contradicted"  # given up by us: the log does not fit
    UNRESOLVED = "unresolved"  # the host name has no address
    HTTP = "http"  # an HTTP answer other than 101; `code` is its status
    NO_SUBPROTOCOL = "no subprotocol"
    CERTIFICATE = "certificate"
    MALFORMED = "malformed"  # a URL that cannot be dialled
    TOKEN = "token"  # what should be a token is none; nothing was dialled


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection, or the try at one, ended. ``retry_after`` in seconds."""

    kind: Kind
    code: int = 0
    detail: str = ""
    retry_after: float | None = None


class Recovery(Enum):
    """What to do after an ending."""

    RETRY = "retry"
    RENEW = "renew"  # ask for another token, then retry at once; twice in a row is fatal
    FATAL = "fatal"
    MISDIRECTED = "misdirected"  # fatal before the first welcome, after it retry every 45–60 s
    ERASED = "erased"  # fatal, and everything held of the session is to be forgotten


@dataclass(frozen=True, slots=True)
class Policy:
    """The course; ``floor`` s before which nothing may be tried; sentences for people."""

    recovery: Recovery
    reason: str
    advice: str = ""
    floor: float = 0.0


LONGEST_RETRY_AFTER: Final = 600.0
LONGEST_ASKED: Final = 3600.0
"""Seconds for which a `bye` or a `refused` is obeyed: a broken server may not keep us for ever."""
CROWDED: Final = 30.0
MISDIRECTED_WAIT: Final = (45.0, 60.0)
POISON_CODES: Final = frozenset({1002, 1003, 1007, 1008, 1009, 1011})

_SIGN_IN = "Please sign in again."
_NEW_TOKEN = "Sign in again or pass a new token, then press Reconnect now."
_NO_TOKEN = "The function given as token returned no token."
_CORRECT_TOKEN = "Correct it or pass a token, then press Reconnect now."
_CHECK_URL = "Check the address of the tutor, then press Reconnect now."
_TELL_OPERATOR = "Tell the person who runs the tutor, then press Reconnect now."

_RETRIED_CLOSES: Final = {
    1000: "The tutor closed the connection.",
    1001: "The tutor closed the connection.",
    1005: "The tutor closed the connection.",
    1006: "The connection was lost.",
    1011: "The tutor had an internal error.",
    1012: "The tutor is restarting.",
    1013: "The tutor cannot take messages at the moment.",
    1014: "A gateway on the way cannot reach the tutor.",
    1015: "The secure connection broke.",
    4408: "The tutor did not hear from us in time.",
}
_FATAL_CLOSES: Final = {
    4403: Policy(
        Recovery.FATAL,
        "This is not your conversation.",
        "Sign in as the person whose conversation it is, or start a new conversation.",
    ),
    4404: Policy(Recovery.FATAL, "No tutor at this address.", _CHECK_URL),
    4409: Policy(
        Recovery.FATAL,
        "This conversation was taken over by a newer connection.",
        "Press Reconnect now to take it back.",
    ),
    4410: Policy(
        Recovery.ERASED, "This conversation was erased.", "Start a new conversation to go on."
    ),
}
_RETRIED_STATUSES: Final = frozenset({408, 425, 429})


def policy_for(ending: Ending) -> Policy:
    """The row of the table that this ending falls under."""
    match ending.kind:
        case Kind.LOST:
            return Policy(Recovery.RETRY, ending.detail or "The connection was lost.")
        case Kind.SILENT:
            return Policy(Recovery.RETRY, ending.detail or "The tutor no longer answers.")
        case Kind.CONTRADICTED:
            return Policy(
                Recovery.RETRY,
                f"The conversation is being fetched anew, because {ending.detail}.",
            )
        case Kind.UNRESOLVED:
            return Policy(
                Recovery.RETRY,
                ending.detail or "The tutor's address cannot be found.",
                "Check that this computer is online and that the address is spelt right.",
            )
        case Kind.CLOSED | Kind.BROKEN:
            return _closed(ending)
        case Kind.HTTP:
            return _answered(ending)
        case Kind.NO_SUBPROTOCOL:
            return Policy(
                Recovery.MISDIRECTED,
                "No tutor at this address: another kind of server answers.",
                _CHECK_URL,
            )
        case Kind.CERTIFICATE:
            return Policy(
                Recovery.MISDIRECTED,
                f"The server's certificate cannot be trusted ({ending.detail}).",
                "Check the address and this computer's clock, or ask who runs the tutor.",
            )
        case Kind.MALFORMED:
            return Policy(Recovery.FATAL, ending.detail, _CHECK_URL)
        case Kind.TOKEN:
            return Policy(Recovery.FATAL, ending.detail or _NO_TOKEN, _CORRECT_TOKEN)


def _closed(ending: Ending) -> Policy:
    code = ending.code
    if ending.kind is Kind.CLOSED:
        if code in _RETRIED_CLOSES:
            return Policy(Recovery.RETRY, _RETRIED_CLOSES[code])
        if code in _FATAL_CLOSES:
            return _FATAL_CLOSES[code]
        if code == 4401:
            return Policy(Recovery.RENEW, _SIGN_IN, _NEW_TOKEN)
        if code == 4429:
            return Policy(
                Recovery.RETRY,
                "This conversation is open in too many places.",
                "Close it in another notebook.",
                CROWDED,
            )
    said = f": {ending.detail}" if ending.detail else ""
    return Policy(
        Recovery.MISDIRECTED,
        f"The tutor and this notebook do not understand each other (code {code}{said}).",
        "Update tutor_widget. " + _TELL_OPERATOR,
    )


def _answered(ending: Ending) -> Policy:
    status = ending.code
    floor = min(max(ending.retry_after or 0.0, 0.0), LONGEST_RETRY_AFTER)
    if status in _RETRIED_STATUSES or 500 <= status <= 599:
        busy = "The tutor is busy" if status in _RETRIED_STATUSES else "The tutor is not ready"
        return Policy(Recovery.RETRY, f"{busy} (HTTP status {status}).", floor=floor)
    if status == 401:
        return Policy(Recovery.RENEW, _SIGN_IN, _NEW_TOKEN)
    if status == 403:
        return Policy(
            Recovery.MISDIRECTED,
            "The tutor does not let this notebook in (HTTP status 403).",
            _TELL_OPERATOR,
        )
    if 300 <= status <= 399:
        return Policy(
            Recovery.MISDIRECTED,
            f"No tutor at this address: it redirects elsewhere (HTTP status {status}).",
            _CHECK_URL,
        )
    return Policy(
        Recovery.MISDIRECTED, f"No tutor at this address (HTTP status {status}).", _CHECK_URL
    )
