"""Frames ⇄ bytes.

    encode(Stop(re="m1"))                     → '{"type":"stop","re":"m1"}'
    decode_server('{"type":"delta",…}')       → Delta(…)      what a client reads
    decode_client('{"type":"send",…}')        → Send(…)       what a server reads
    decode_server('{"type":"invented"}')      → None          unknown types are ignored
    decode_client('{"type":"send","id":7}')   → ProtocolError("id: …")

Decoding is strict: a bool is no int, 1.0 is no int, a lone surrogate is no string. Unknown keys are
ignored and ``null`` counts as absent, so that either side may be newer.
"""

from __future__ import annotations

import json
import re
from typing import get_args

import msgspec
from msgspec import Struct

from tutor_widget.errors import ProtocolError

from .frames import MAX_CLIENT_FRAME, ClientFrame, Event, F, Frame, ServerFrame
from .guard import MAX_VALUES, holds_too_much, is_utf8
from .text import has_surrogate

_encoder = msgspec.json.Encoder()
_client_decoder: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_server_decoder: msgspec.json.Decoder[ServerFrame] = msgspec.json.Decoder(ServerFrame)


def encode(frame: Frame | Event) -> str:
    """The frame as one JSON text. Raises UnicodeEncodeError for a lone surrogate."""
    return encode_bytes(frame).decode()


def encode_bytes(frame: Frame | Event) -> bytes:
    """The same in UTF-8."""
    return _encoder.encode(frame)


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
        if holds_too_much(text):
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
        # Rare, so it may be slow: find out whether it was a lone surrogate or a wrong key.
        return _decode_slowly(decoder, text)


class _Typed(Struct):
    type: str


def _is_unknown(decoder: msgspec.json.Decoder[F], text: str | bytes) -> bool:
    """Whether the frame's type is unknown here. It reads the type only, not the whole frame.

    Raises ProtocolError if the text is no JSON in UTF-8, or is nested too deeply.
    """
    # msgspec cannot even skip a lone surrogate. So each is replaced: no known type holds one.
    whole: str | bytes
    if isinstance(text, bytes):
        whole = text.replace(b"\\ud", b"\\u0").replace(b"\\uD", b"\\u0")
    else:
        whole = text.replace("\\ud", "\\u0").replace("\\uD", "\\u0")
    try:
        kind = msgspec.json.decode(whole, type=_Typed).type
    except (msgspec.ValidationError, UnicodeEncodeError):
        return False  # no object, or one without type: an error, no unknown type
    except RecursionError:
        raise ProtocolError("", "nested too deeply") from None
    except ValueError:
        raise ProtocolError("", "not a JSON object in UTF-8") from None
    return all(kind != known.__struct_config__.tag for known in get_args(decoder.type))


def _decode_slowly(decoder: msgspec.json.Decoder[F], text: str | bytes) -> F | None:
    try:
        # json.loads would accept bytes in UTF-16 too.
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
    # A key with a lone surrogate is unknown by definition, and msgspec cannot read it.
    whole = {name: value for name, value in whole.items() if not has_surrogate(name)}
    try:
        frame: F = msgspec.convert(whole, decoder.type)
    except msgspec.ValidationError as error:
        problem = _named(str(error))
        if problem.key == "type":
            return None
        raise problem from None
    except UnicodeEncodeError:
        # msgspec cannot read such a type either, or such a value of an enumeration.
        if has_surrogate(kind):
            return None
        key = next(name for name, value in whole.items() if has_surrogate(value))
        raise ProtocolError(key, "holds a lone surrogate") from None
    except RecursionError:
        raise ProtocolError("", "nested too deeply") from None
    for name in frame.__struct_fields__:
        # A context's faults are the message's, not the frame's: `context_fault` finds them.
        if name != "context" and has_surrogate(getattr(frame, name)):
            raise ProtocolError(name.rstrip("_"), "holds a lone surrogate")
    return frame


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
    return ProtocolError(key, problem.replace("`", ""))
