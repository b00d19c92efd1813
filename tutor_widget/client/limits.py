"""What a message must satisfy before it is queued."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from tutor_widget.errors import QueueFull, Refused
from tutor_widget.session import Message
from tutor_widget.wire import (
    MAX_CLIENT_FRAME,
    MAX_REASON,
    Send,
    context_fault,
    encode,
    is_blank,
)
from tutor_widget.wire.text import MAX_REVISION

MAX_WAITING: Final = 1000
"""Messages that may wait at once; those that are being withdrawn do not count."""
MAX_WAITING_BYTES: Final = 8 << 20


def check_message(id: str, text: str, context: dict[str, Any] | None, longest: int) -> int:
    """The size in bytes of the frame that would carry the message.

    ``longest``: the characters that the tutor takes. Raises Refused for what no server would take,
    TypeError for a context that JSON cannot hold.
    """
    if is_blank(text):
        raise Refused(code="message_empty")
    if len(text) > longest:
        raise Refused(code="message_too_long", length=len(text), limit=longest)
    if fault := context_fault(context):
        raise Refused(code=fault.code, **fault.args)
    if context is not None and not _is_json(context):
        raise TypeError("a message's context holds what JSON cannot")
    size = _size(id, text, context)
    if size > MAX_CLIENT_FRAME:
        raise Refused(code="message_too_big", size=size, limit=MAX_CLIENT_FRAME)
    return size


def check_reason(reason: str) -> None:
    """Raise Refused for a reason of a report that is too long."""
    if len(reason) > MAX_REASON:
        raise Refused(code="reason_too_long", length=len(reason), limit=MAX_REASON)


def check_room(queue: Iterable[Message], size: int) -> None:
    """Raise QueueFull if the queue has no room for a message of this size in bytes."""
    # A learner who edits a message takes it back first: it must not block its replacement.
    waiting = [message for message in queue if message.status != "withdrawing"]
    total = size + sum(_size(m.id, m.text, m.context) for m in waiting)
    if len(waiting) >= MAX_WAITING or total > MAX_WAITING_BYTES:
        raise QueueFull(code="queue_full", waiting=len(waiting))


def _size(id: str, text: str, context: dict[str, Any] | None) -> int:
    return len(encode(Send(id, text, context, MAX_REVISION)).encode())


def _is_json(value: object) -> bool:
    try:
        return bool(json.loads(json.dumps(value, allow_nan=False)) == value)
    except (TypeError, ValueError, RecursionError):
        return False
