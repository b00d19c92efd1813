"""What the protocol says about ids, texts and contexts: checks that both sides share."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from tutor_widget.codes import Notice

from .frames import MAX_CONTEXT, Object

MAX_LANGUAGE: Final = 35
"""Characters of a language tag that every program must take (RFC 5646 §4.4.1)."""
MAX_REVISION: Final = 2**53 - 1

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def has_surrogate(value: object) -> bool:
    # An explicit stack: a decoder accepts deeper nesting than Python can recurse.
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


def is_language(tag: str) -> bool:
    """Whether the text has the form of a language tag (BCP 47), as ``"pt-BR"``."""
    pattern = r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*"
    return len(tag) <= MAX_LANGUAGE and re.fullmatch(pattern, tag) is not None


def is_revision(value: object) -> bool:
    """Whether the value may be the revision of a session's state."""
    return type(value) is int and 0 <= value <= MAX_REVISION


def is_blank(text: str) -> bool:
    """Whether the text is nothing but Unicode white space (refused as ``empty``)."""
    return not text.strip(_WHITE_SPACE)


def context_fault(context: Object | None) -> Notice | None:
    """What is wrong with a message's context; None if nothing is. ``part`` names where."""
    if context is None:
        return None
    if has_surrogate(context):
        return Notice("attachment_surrogate", {})
    parts: dict[str, object] = {}
    if (cell := context.get("cell")) is not None:
        parts["cell"] = cell
    if (error := context.get("error")) is not None:
        if not isinstance(error, dict):
            return Notice("attachment_not_object", {"part": "error"})
        parts |= {f"error.{name}": error.get(name) for name in ("name", "message", "traceback")}
    for name, value in parts.items():
        if not isinstance(value, str):
            return Notice("attachment_not_text", {"part": name})
    # "each ≤ 16 KiB": the cell, and the error as a whole.
    sizes = {"cell": 0, "error": 0}
    for name, value in parts.items():
        sizes[name.partition(".")[0]] += len(str(value).encode())
    for name, size in sizes.items():
        if size > MAX_CONTEXT:
            return Notice("attachment_too_big", {"part": name, "size": size, "limit": MAX_CONTEXT})
    return None
