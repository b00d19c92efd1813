"""Frames ⇄ JSON: the only code that knows the wire format ``tutor.v1``.

Every frame is a frozen struct whose fields are the keys of the wire, in `docs/protocol.md`'s order.
Times are Unix milliseconds (int), durations seconds (float), text lengths Unicode code points.

    encode(Stop(re="m1"))                     → '{"type":"stop","re":"m1"}'
    decode_server('{"type":"delta",…}')       → Delta(…)      what a client reads
    decode_client('{"type":"send",…}')        → Send(…)       what a server reads
    decode_server('{"type":"invented"}')      → None          unknown types are ignored
    decode_client('{"type":"send","id":7}')   → ProtocolError("id: …")

Decoding is strict: a bool is no int, 1.0 is no int, a lone surrogate is no string. Unknown keys are
ignored and ``null`` counts as absent, so that either side may be newer.
"""

from __future__ import annotations

import codecs
import itertools
import json
import re
from typing import Annotated, Any, Final, Literal, TypeVar, get_args

import msgspec
from msgspec import Meta, Struct, field

from tutor_widget.errors import ProtocolError

__all__ = [
    "MAX_CLIENT_FRAME",
    "MAX_CONTEXT",
    "MAX_REPLY",
    "MAX_SERVER_FRAME",
    "SUBPROTOCOL",
    "Answering",
    "Bye",
    "ClientFrame",
    "Delta",
    "Event",
    "Hello",
    "Limits",
    "Older",
    "Page",
    "Refused",
    "Send",
    "ServerFrame",
    "State",
    "Stop",
    "Welcome",
    "Withdraw",
    "context_fault",
    "decode_client",
    "decode_server",
    "encode",
    "is_blank",
    "is_id",
    "is_learner_id",
    "is_utf8",
    "without_surrogates",
]

SUBPROTOCOL: Final = "tutor.v1"
MAX_CLIENT_FRAME: Final = 1 << 20
MAX_SERVER_FRAME: Final = 8 << 20
MAX_CONTEXT: Final = 16 << 10
"""Bytes of UTF-8 that one entry of a message's context may have."""
MAX_REPLY: Final = 256 << 10
"""Code points at which a tutor's text ends."""

MAX_VALUES: Final = 1 << 17
"""Values that one frame may hold: an empty list of two bytes takes ninety in memory."""

_MAX_INT: Final = 2**53 - 1
# `\A…\Z` and not `^…$`: "$" would let a trailing newline through.
Id = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,64}\Z")]
LearnerId = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9-][A-Za-z0-9_-]{0,63}\Z")]
Count = Annotated[int, Meta(ge=0, le=_MAX_INT)]
Ordinal = Annotated[int, Meta(ge=1, le=_MAX_INT)]
Whole = Annotated[int, Meta(ge=-_MAX_INT, le=_MAX_INT)]
# JSON may say 1e999: no clock can wait for infinity.
Duration = Annotated[float, Meta(le=_MAX_INT)]
# No longer than what fits into a frame of a client, who wrote it or has to repeat it.
Text = Annotated[str, Meta(max_length=MAX_CLIENT_FRAME)]
Account = Annotated[str, Meta(max_length=64)]
"""A pseudonym, as opaque as an epoch."""
Object = dict[str, Any]


class _Frame(Struct, frozen=True, tag_field="type", omit_defaults=True):
    pass


# --- what a client sends ------------------------------------------------------------------------


class Hello(_Frame, frozen=True, tag="hello", kw_only=True):
    """The first frame: who comes, and which prefix of the log it holds."""

    session: Id
    instance: Id
    dial: Ordinal
    epoch: str | None = None
    after: Count | None = None
    last: Id | None = None
    client: str

    def __post_init__(self) -> None:
        if self.epoch is not None and self.after is None:
            raise ValueError("after: is required beside epoch")
        if self.after and self.last is None:
            raise ValueError("last: is required beside after")


class Send(_Frame, frozen=True, tag="send"):
    """A learner's message. ``context`` is judged by `context_fault`, not by decoding."""

    id: LearnerId
    text: str
    context: Object | None = None


class Withdraw(_Frame, frozen=True, tag="withdraw"):
    """Take an unacknowledged message back."""

    id: LearnerId


class Stop(_Frame, frozen=True, tag="stop"):
    """Stop answering the message ``re``."""

    re: Id


class Older(_Frame, frozen=True, tag="older"):
    """Ask for events before ``before``; ``limit`` is taken as 1 to 200."""

    before: Whole
    limit: Whole


# --- what a server sends ------------------------------------------------------------------------


class Event(_Frame, frozen=True, tag="event"):
    """One entry of the log, committed and numbered for ever."""

    seq: Ordinal
    id: Id
    role: Literal["learner", "tutor", "notice"]
    text: Text
    at: Count
    status: Literal["complete", "stopped", "failed"]
    re: Id | None = None


class Limits(Struct, frozen=True):
    """``text``: code points of one message; ``unacked``: messages outstanding at once."""

    text: Ordinal
    unacked: Ordinal


class Welcome(_Frame, frozen=True, tag="welcome"):
    """The answer to a hello. Events from ``first`` to ``seq`` follow."""

    session: Id
    epoch: Text
    seq: Count
    reset: bool
    first: Ordinal
    state: Object
    rev: Count
    answering: Id | None
    limits: Limits
    spread: Duration
    server: str
    account: Account | None = None


class Page(_Frame, frozen=True, tag="page"):
    """Older events, ascending, the newest of them just before ``before``."""

    before: Whole
    events: list[Event]
    more: bool


class Refused(_Frame, frozen=True, tag="refused"):
    """Message ``id`` was not taken; with ``retry_after`` (s) it may come again then."""

    id: Id
    code: str
    reason: str
    retry_after: Duration | None = None


class Answering(_Frame, frozen=True, tag="answering"):
    """The tutor begins to answer ``re``, or ``re`` waits as the ``place``-th in a queue."""

    re: Id
    place: Ordinal | None = None


class Delta(_Frame, frozen=True, tag="delta"):
    """A piece of reply ``id`` to ``re`` from code point ``from_`` on; 0 starts afresh."""

    id: Id
    re: Id
    from_: Count = field(name="from")
    text: str


class State(_Frame, frozen=True, tag="state"):
    """The session's new state, whole."""

    rev: Count
    state: Object


class Bye(_Frame, frozen=True, tag="bye"):
    """This server is about to close: come back after ``retry_after`` s, spread over ``spread``."""

    reason: str
    retry_after: Duration
    spread: Duration


ClientFrame = Hello | Send | Withdraw | Stop | Older
ServerFrame = Welcome | Event | Page | Refused | Answering | Delta | State | Bye
Frame = ClientFrame | ServerFrame
F = TypeVar("F", ClientFrame, ServerFrame)

_encoder = msgspec.json.Encoder()
_client_decoder: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_server_decoder: msgspec.json.Decoder[ServerFrame] = msgspec.json.Decoder(ServerFrame)


def encode(frame: Frame | Event) -> str:
    """The frame as one JSON text. Raises UnicodeEncodeError for a lone surrogate."""
    return _encoder.encode(frame).decode()


def decode_client(text: str | bytes) -> ClientFrame | None:
    """What a server reads. None for an unknown type; ProtocolError names the faulty key."""
    return _decode(_client_decoder, text)


def decode_server(text: str | bytes) -> ServerFrame | None:
    """What a client reads. None for an unknown type; ProtocolError names the faulty key."""
    return _decode(_server_decoder, text)


def _decode(decoder: msgspec.json.Decoder[F], text: str | bytes) -> F | None:
    if isinstance(text, bytes) and not is_utf8(text):  # msgspec skips what it need not look at
        raise ProtocolError("", "not UTF-8")
    if len(text) > MAX_VALUES:
        if _is_unknown(decoder, text):
            return None
        if _holds_too_much(text):
            raise ProtocolError("", "holds too many values, or too long ones")
    try:
        return decoder.decode(text)
    except RecursionError:
        raise ProtocolError("", "nested too deeply") from None
    except ValueError:
        if _is_unknown(decoder, text):
            return None
        if len(text) > MAX_CLIENT_FRAME:
            raise ProtocolError("", "too large to say what is wrong with it") from None
        # Rare and slow on purpose: find out which of lone surrogate and bad key it was.
        return _decode_slowly(decoder, text)


_PIECE: Final = 1 << 16


def is_utf8(data: bytes) -> bool:
    """Whether it is text; piece by piece, for the whole could take four times its size."""
    if data.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), _PIECE):
            decoder.decode(data[start : start + _PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


class _Typed(Struct):
    type: str


def _is_unknown(decoder: msgspec.json.Decoder[F], text: str | bytes) -> bool:
    """Whether nobody here knows the frame's type; found out without unfolding the frame.

    Raises ProtocolError for what is no JSON in UTF-8, or nested too deeply.
    """
    # msgspec does not even skip a lone surrogate. So let all be others: no known type has one.
    whole: str | bytes
    if isinstance(text, bytes):
        whole = text.replace(b"\\ud", b"\\u0").replace(b"\\uD", b"\\u0")
    else:
        whole = text.replace("\\ud", "\\u0").replace("\\uD", "\\u0")
    try:
        kind = msgspec.json.decode(whole, type=_Typed).type
    except (msgspec.ValidationError, UnicodeEncodeError):
        return False  # no object, or no type: that is not unknown but wrong
    except RecursionError:
        raise ProtocolError("", "nested too deeply") from None
    except ValueError:
        raise ProtocolError("", "not a JSON object in UTF-8") from None
    return all(kind != known.__struct_config__.tag for known in get_args(decoder.type))


def _decode_slowly(decoder: msgspec.json.Decoder[F], text: str | bytes) -> F | None:
    try:
        # json itself would take bytes in UTF-16 too.
        decoded = text.decode() if isinstance(text, bytes) else text
        whole = json.loads(decoded, parse_constant=_no_constant)
    except RecursionError:
        raise ProtocolError("", "nested too deeply") from None
    except ValueError:
        raise ProtocolError("", "not JSON in UTF-8") from None
    if not isinstance(whole, dict):
        raise ProtocolError("", "not a JSON object")
    kind = whole.get("type")
    if not isinstance(kind, str):
        raise ProtocolError("type", "a string is required")
    # Nobody knows a key that cannot be written, and msgspec cannot even look at it.
    whole = {name: value for name, value in whole.items() if not _has_surrogate(name)}
    try:
        frame: F = msgspec.convert(whole, decoder.type)
    except msgspec.ValidationError as error:
        problem = _named(str(error))
        if problem.key == "type":
            return None
        raise problem from None
    except UnicodeEncodeError:
        # Nor at a type that nobody knows, or at a value that must be one of few.
        if _has_surrogate(kind):
            return None
        key = next(name for name, value in whole.items() if _has_surrogate(value))
        raise ProtocolError(key[:40], "holds a lone surrogate") from None
    except RecursionError:
        raise ProtocolError("", "nested too deeply") from None
    for name in frame.__struct_fields__:
        # A context's faults are the message's, not the frame's: `context_fault` finds them.
        if name != "context" and _has_surrogate(getattr(frame, name)):
            raise ProtocolError(name.rstrip("_"), "holds a lone surrogate")
    return frame


_MAX_RUN: Final = 4 * MAX_CLIENT_FRAME
"""Bytes that a `Text` may have."""
_RUNS: Final = re.compile(rb'"[^"]*+')
_SIGNS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{,]', re.DOTALL)


def _holds_too_much(text: str | bytes) -> bool:
    """Whether a text has more than `MAX_VALUES`, or one too long; found out without unfolding."""
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    if len(data) > _MAX_RUN and any(
        run.end() - run.start() > _MAX_RUN for run in _RUNS.finditer(data)
    ):
        return True
    if sum(map(data.count, (b",", b"[", b"{"))) <= MAX_VALUES:
        return False
    # Are these signs of the format, or just what people write? One by one: lists take memory too.
    found = (sign for sign in _SIGNS.finditer(data) if data[sign.start()] != ord('"'))
    return next(itertools.islice(found, MAX_VALUES, None), None) is not None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _named(message: str) -> ProtocolError:
    """msgspec's sentence, turned into (key, problem)."""
    problem, at, path = message.partition(" - at `")
    key = path.rstrip("`").removeprefix("$").lstrip(".") if at else ""
    if missing := re.fullmatch(r"Object missing required field `(\w+)`", problem):
        return ProtocolError(".".join(filter(None, (key, missing[1]))), "is required")
    if own := re.fullmatch(r"(after|last): (.+)", problem):
        return ProtocolError(own[1], own[2])
    return ProtocolError(key[:40], problem.replace("`", "")[:70])


_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def _has_surrogate(value: object) -> bool:
    # A stack of our own: what a decoder nests is deeper than what Python may recurse.
    stack = [value]
    while stack:
        match stack.pop():
            case str() as text:
                if _SURROGATE.search(text) is not None:
                    return True
            case dict() as table:
                stack += table.keys()
                stack += table.values()
            case list() as items:
                stack += items
            case Struct() as struct:
                stack += (getattr(struct, name) for name in struct.__struct_fields__)
            case _:
                pass
    return False


def without_surrogates(text: str) -> str:
    """The text with each lone surrogate replaced by U+FFFD, as a client does before it queues.

    A pair of surrogates (as a browser's UTF-16 may bring) becomes the character it stands for.
    """
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def is_id(text: str) -> bool:
    """Whether the text may name a session, an instance or a message."""
    return re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text) is not None


# Unicode's White_Space property; str.isspace() also takes U+001C to U+001F.
_WHITE_SPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)


def is_learner_id(text: str) -> bool:
    """Whether a client may give a message this id."""
    return is_id(text) and not text.startswith("_")


def is_blank(text: str) -> bool:
    """Whether the text is nothing but Unicode white space (refused as ``empty``)."""
    return not text.strip(_WHITE_SPACE)


def context_fault(context: Object | None) -> str | None:
    """What is wrong with a message's context, as a sentence; None if nothing is."""
    if context is None:
        return None
    if _has_surrogate(context):
        return "The context holds a lone surrogate."
    parts: dict[str, object] = {}
    if (cell := context.get("cell")) is not None:
        parts["cell"] = cell
    if (error := context.get("error")) is not None:
        if not isinstance(error, dict):
            return "The context's error must be an object."
        parts |= {f"error.{name}": error.get(name) for name in ("name", "message", "traceback")}
    for name, value in parts.items():
        if not isinstance(value, str):
            return f"The context's {name} must be a string."
    # "each ≤ 16 KiB": the cell, and the error as a whole.
    sizes = {"cell": 0, "error": 0}
    for name, value in parts.items():
        sizes[name.partition(".")[0]] += len(str(value).encode())
    for name, size in sizes.items():
        if size > MAX_CONTEXT:
            return f"The context's {name} has {size:,} bytes; {MAX_CONTEXT:,} are allowed."
    return None
