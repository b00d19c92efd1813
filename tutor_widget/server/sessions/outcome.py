"""What is kept of an attempt: the answer that the store writes.

A tutor is foreign code, so its state and its record are checked. A state that cannot be kept fails
the answer, because what the learner reads would not be true. A record that cannot be kept is
dropped, because the learner does not see it, and so are counts of tokens that are none. A held
answer whose deadline is none waits until somebody has looked at it.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec

from tutor_widget.server.logs import log, where
from tutor_widget.server.store import Answer, Usage
from tutor_widget.server.tutors import Turn
from tutor_widget.wire import MAX_REPLY, without_surrogates

from .attempt import Attempt

__all__ = [
    "LONGEST_HOLD",
    "MAX_RECORD",
    "MAX_STATE",
    "MAX_TOKENS",
    "answer_of",
    "as_json",
    "deadline_of",
]

MAX_STATE: Final = 256 << 10
"""Bytes of JSON that a tutor may keep as a session's state."""
MAX_RECORD: Final = 64 << 10
"""Bytes of JSON that a tutor may note about an answer."""
MAX_TOKENS: Final = 1 << 31
"""Tokens that one reply may have used of each kind."""
LONGEST_HOLD: Final = 366 * 86_400.0
"""Seconds that an answer may be held, if it is not held without end."""
_SENTENCE: Final = 4 << 10
"""Code points of a tutor's sentence."""
_APOLOGY: Final = "Sorry, I could not answer this. Please try again."
_objects: Final = msgspec.json.Decoder(dict[str, Any])
_UNFIT: Final = (TypeError, ValueError, OverflowError, RecursionError)


def answer_of(
    attempt: Attempt,
    status: Literal["complete", "stopped", "failed"],
    before: dict[str, Any],
    tag: str,
) -> Answer:
    """The answer that the attempt leaves. ``before`` is the state with which it began.

    An answer that needs approval leaves its text and its state only if it is complete.
    """
    draft, turn = attempt.draft, attempt.turn
    state = None
    if status == "complete" or (status == "stopped" and not turn.hold):
        try:
            state = as_json(turn.state, MAX_STATE)
        except _UNFIT as error:
            status = "failed"
            log("tutor state refused", level="error", session=tag, **where(error))
    try:
        record = as_json(turn.record, MAX_RECORD)
    except _UNFIT as error:
        record = {}
        log("tutor record dropped", level="warning", session=tag, **where(error))
    text = draft.text if status == "complete" or not turn.hold else ""
    if status == "failed":
        text = _with_sentence(text, attempt.sentence)
    changed = state if state != before else None
    return Answer(draft.id, draft.re, text, status, changed, record, _usage_of(turn, tag))


def _usage_of(turn: Turn, tag: str) -> Usage | None:
    """The tokens that the reply has used, on this day. None if the tutor has counted none."""
    used = turn.prompt_tokens, turn.completion_tokens
    if not all(type(count) is int and 0 <= count <= MAX_TOKENS for count in used):
        log("tutor usage dropped", level="warning", session=tag)
        return None
    return Usage(datetime.now(UTC).date().isoformat(), *used) if any(used) else None


def deadline_of(turn: Turn, tag: str) -> tuple[float | None, str | None]:
    """Seconds that the held answer waits, and the text that goes out then in its place.

    None: without end; and as it is.
    """
    seconds, otherwise = turn.hold_seconds, turn.hold_otherwise
    is_fit = seconds is None or (type(seconds) in (int, float) and 0 < seconds <= LONGEST_HOLD)
    if not is_fit or not isinstance(otherwise, str | None):
        log("tutor deadline dropped", level="warning", session=tag)
        return None, None
    return seconds, None if otherwise is None else without_surrogates(otherwise)[:MAX_REPLY]


def as_json(value: object, most: float = math.inf) -> dict[str, Any]:
    """A copy as the store reads it again.

    Raises one of `_UNFIT` for what is no JSON object, or has more than ``most`` bytes.
    """
    data = msgspec.json.encode(value)
    if len(data) > most:
        raise ValueError(f"it has {len(data):,} bytes of {most:,} allowed")
    return _objects.decode(data)


def _with_sentence(text: str, sentence: str) -> str:
    """The text with the tutor's sentence behind it; with no text and no sentence, an apology."""
    sentence = without_surrogates(sentence.strip())[:_SENTENCE]
    if not text.strip():
        return sentence or _APOLOGY
    if not sentence:
        return text
    return f"{text[: MAX_REPLY - len(sentence) - 2]}\n\n{sentence}"
