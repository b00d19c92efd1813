"""How connections end, and what each ending asks for: the table of protocol section 6.

The shell reports what it saw as an `Ending`. `policy_for` returns what to do, and the codes of what
to tell people (`tutor_widget.codes`); the sentences are made where they are shown. One row is not
here: that of poison messages depends on what was under way (`outgoing.Outgoing`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Literal

from tutor_widget.codes import Args, Code


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
    """How a connection, or the attempt to open one, ended.

    ``code``         the close code or HTTP status, 0 for none
    ``detail``       what the other side or a library said of it, in English
    ``retry_after``  in seconds
    ``cause``        what happened, where it is known more exactly than ``kind`` says
    ``args``         further arguments of the code of what happened
    """

    kind: Kind
    code: int = 0
    detail: str = ""
    retry_after: float | None = None
    cause: Code | Literal[""] = ""
    args: Args = field(default_factory=dict, hash=False)


class Recovery(Enum):
    """What to do after an ending."""

    RETRY = "retry"
    RENEW = "renew"  # ask for another token, then retry at once; twice in a row is fatal
    FATAL = "fatal"
    MISDIRECTED = "misdirected"  # fatal before the first welcome, after it retry every 45–60 s
    ERASED = "erased"  # fatal, and everything held of the session is to be forgotten


@dataclass(frozen=True, slots=True)
class Policy:
    """What to do after an ending, and what to tell people.

    ``code``    what happened; ``args`` are its arguments
    ``advice``  the code by which the catalogues hold what people can do; "" for nothing
    ``floor``   seconds before which no attempt may be made
    """

    recovery: Recovery
    code: Code
    args: Args = field(default_factory=dict)
    advice: Code | Literal[""] = ""
    floor: float = 0.0


LONGEST_RETRY_AFTER: Final = 600.0
LONGEST_ASKED: Final = 3600.0
"""Seconds for which a `bye` or a `refused` is obeyed: a broken server may not keep us forever."""
CROWDED: Final = 30.0
MISDIRECTED_WAIT: Final = (45.0, 60.0)
POISON_CODES: Final = frozenset({1002, 1003, 1007, 1008, 1009, 1011})

_RETRIED_CLOSES: Final[dict[int, Code]] = {
    1000: "closed",
    1001: "closed",
    1005: "closed",
    1006: "connection_lost",
    1011: "internal_error",
    1012: "restarting",
    1013: "not_taking_messages",
    1014: "gateway",
    1015: "tls_broke",
    4408: "hello_late",
}
_FATAL_CLOSES: Final[dict[int, tuple[Recovery, Code]]] = {
    4403: (Recovery.FATAL, "not_yours"),
    4404: (Recovery.FATAL, "no_tutor"),
    4409: (Recovery.FATAL, "taken_over"),
    4410: (Recovery.ERASED, "erased"),
}
_ADVISED_CAUSES: Final[frozenset[Code]] = frozenset(
    {"no_tls", "tls_expected", "proxy_refused", "proxy_unreachable"}
)
"""What may pass by itself, and which people can end as well."""
_RETRIED_STATUSES: Final = frozenset({408, 425, 429})


def policy_for(ending: Ending) -> Policy:
    """The row of the table that this ending falls under."""
    args: Args = ending.args | ({"detail": ending.detail} if ending.detail else {})
    match ending.kind:
        case Kind.LOST if ending.cause in _ADVISED_CAUSES:
            return _advised(Recovery.RETRY, ending.cause, args)
        case Kind.LOST:
            return Policy(Recovery.RETRY, ending.cause or "connection_lost", args)
        case Kind.SILENT:
            return Policy(Recovery.RETRY, ending.cause or "not_answering", args)
        case Kind.CONTRADICTED:
            return Policy(Recovery.RETRY, "log_mismatch", args)
        case Kind.UNRESOLVED:
            return _advised(Recovery.RETRY, "name_not_found")
        case Kind.CLOSED | Kind.BROKEN:
            return _closed(ending)
        case Kind.HTTP:
            return _answered(ending)
        case Kind.NO_SUBPROTOCOL:
            return _advised(Recovery.MISDIRECTED, "not_a_tutor")
        case Kind.CERTIFICATE:
            return _advised(Recovery.MISDIRECTED, "bad_certificate", args)
        case Kind.MALFORMED:
            return _advised(Recovery.FATAL, ending.cause or "unusable_address", args)
        case Kind.TOKEN:
            return _advised(Recovery.FATAL, ending.cause or "no_token", args)


def _advised(recovery: Recovery, code: Code, args: Args | None = None) -> Policy:
    return Policy(recovery, code, args or {}, advice=code)


def _closed(ending: Ending) -> Policy:
    code = ending.code
    if ending.kind is Kind.CLOSED:
        if code in _RETRIED_CLOSES:
            return Policy(Recovery.RETRY, _RETRIED_CLOSES[code])
        if code == 4403 and ending.detail:
            return _advised(Recovery.FATAL, "not_yours_because", {"detail": ending.detail})
        if code in _FATAL_CLOSES:
            return _advised(*_FATAL_CLOSES[code])
        if code == 4401:
            return _advised(Recovery.RENEW, "sign_in")
        if code == 4429:
            many: Code = "too_many_connections"
            return Policy(Recovery.RETRY, many, advice=many, floor=CROWDED)
    if ending.detail:
        args = {"code": code, "detail": ending.detail}
        return _advised(Recovery.MISDIRECTED, "not_understood_because", args)
    return _advised(Recovery.MISDIRECTED, "not_understood", {"code": code})


def _answered(ending: Ending) -> Policy:
    status = ending.code
    args = {"status": status}
    floor = min(max(ending.retry_after or 0.0, 0.0), LONGEST_RETRY_AFTER)
    if status in _RETRIED_STATUSES:
        return Policy(Recovery.RETRY, "busy", args, floor=floor)
    if 500 <= status <= 599:
        return Policy(Recovery.RETRY, "not_ready", args, floor=floor)
    if status == 401:
        return _advised(Recovery.RENEW, "sign_in")
    if status == 403:
        return _advised(Recovery.MISDIRECTED, "not_let_in", args)
    if 300 <= status <= 399 and ending.args:
        return _advised(Recovery.MISDIRECTED, "redirected_to", args | ending.args)
    if 300 <= status <= 399:
        return _advised(Recovery.MISDIRECTED, "redirected", args)
    return _advised(Recovery.MISDIRECTED, "http_status", args)
