"""The close code for a frame, made from the protocol's document without any code of the product.

`close_code` decodes with the standard library's json and compares the result with a table of keys
and their types. It knows no bounds of size.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

Rule = Callable[[Any], bool]
MOST: Final = 2**53 - 1


def whole(least: int) -> Rule:
    return lambda value: type(value) is int and least <= value <= MOST


def one_of(*words: str) -> Rule:
    return lambda value: value in words if isinstance(value, str) else False


def text(value: Any) -> bool:
    return isinstance(value, str) and is_sound(value)


def seconds(value: Any) -> bool:
    return type(value) in (int, float) and value <= MOST


def name(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[A-Za-z0-9_-]{1,64}", value) is not None


def short(least: int, most: int) -> Rule:
    return lambda value: text(value) and least <= len(value) <= most


def learners_name(value: Any) -> bool:
    return name(value) and not value.startswith("_")


def table(value: Any) -> bool:
    return isinstance(value, dict) and is_sound(value)


def shared(value: Any) -> bool:  # a fault inside a context is the message's, not the frame's
    return isinstance(value, dict)


def flag(value: Any) -> bool:
    return isinstance(value, bool)


def maybe(rule: Rule) -> Rule:
    """Absent, null, or as the rule says."""
    return lambda value: value is None or rule(value)


def is_sound(value: Any) -> bool:
    """Whether it holds no lone surrogate."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def shaped(rules: dict[str, Rule], value: Any) -> bool:
    return isinstance(value, dict) and all(rule(value.get(key)) for key, rule in rules.items())


EVENT: Final[dict[str, Rule]] = {
    "seq": whole(1),
    "id": name,
    "role": one_of("learner", "tutor", "notice"),
    "text": text,
    "at": whole(0),
    "status": one_of("complete", "stopped", "failed"),
    "re": maybe(name),
    "by": maybe(short(1, 80)),
}
LIMITS: Final[dict[str, Rule]] = {"text": whole(1), "unacked": whole(1)}


def events(value: Any) -> bool:
    return isinstance(value, list) and all(
        shaped(EVENT, one) and one.get("type", "event") == "event" for one in value
    )


FRAMES: Final[dict[str, dict[str, dict[str, Rule]]]] = {
    "client": {
        "hello": {
            "session": name,
            "instance": name,
            "dial": whole(1),
            "epoch": maybe(text),
            "after": maybe(whole(0)),
            "last": maybe(name),
            "client": text,
            "lang": maybe(text),
        },
        "send": {
            "id": learners_name,
            "text": text,
            "context": maybe(shared),
            "rev": maybe(whole(0)),
        },
        "withdraw": {"id": learners_name},
        "stop": {"re": name},
        "older": {"before": whole(-MOST), "limit": whole(-MOST)},
        "report": {"id": name, "reason": maybe(short(0, 2000)), "share": maybe(flag)},
        "erase": {},
    },
    "server": {
        "welcome": {
            "session": name,
            "epoch": text,
            "seq": whole(0),
            "reset": flag,
            "first": whole(1),
            "state": table,
            "rev": whole(0),
            "answering": maybe(name),
            "limits": lambda value: shaped(LIMITS, value),
            "spread": seconds,
            "server": text,
            "account": maybe(short(0, 64)),
            "offers": maybe(lambda value: isinstance(value, list) and all(map(text, value))),
        },
        "event": EVENT,
        "page": {"before": whole(-MOST), "events": events, "more": flag},
        "refused": {"id": name, "code": text, "reason": text, "retry_after": maybe(seconds)},
        "answering": {"re": name, "place": maybe(whole(1)), "held": maybe(flag)},
        "reported": {"id": name},
        "delta": {"id": name, "re": name, "from": whole(0), "text": text},
        "state": {"rev": whole(0), "state": table},
        "bye": {"reason": text, "retry_after": seconds, "spread": seconds},
    },
}
PRESENT: Final = {"welcome": ("answering",)}
"""Keys that may be null, but not be absent."""


def refuse(constant: str) -> None:
    raise ValueError(constant)


def close_code(side: str, data: bytes) -> int:
    """The code with which the peer of a ``side`` closes on this text frame; 0 for none."""
    try:
        decoded = data.decode()
    except UnicodeDecodeError:
        return 1007
    try:
        frame = json.loads(decoded, parse_constant=refuse)
    except ValueError:
        return 1002
    if not isinstance(frame, dict) or not isinstance(kind := frame.get("type"), str):
        return 1002
    if (rules := FRAMES[side].get(kind)) is None:
        return 0
    if not shaped(rules, frame) or any(key not in frame for key in PRESENT.get(kind, ())):
        return 1002
    # A prefix is named whole or not at all.
    if kind == "hello" and frame.get("epoch") is not None and frame.get("after") is None:
        return 1002
    if kind == "hello" and frame.get("after") and frame.get("last") is None:
        return 1002
    return 0
