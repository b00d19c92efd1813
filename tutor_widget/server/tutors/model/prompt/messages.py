"""The messages for the endpoint. Pure, and linear in what it is given.

system      the prompt, the course, its material, the step, the language
user, assistant, …   the conversation, as much of it as fits, the oldest left out first
user        what the learner attached and says now
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Literal, assert_never

from tutor_widget.server.tutors.course import Course
from tutor_widget.wire import Event, without_surrogates

from ...lesson.teaching import Brief
from .blocks import Label, block, fit, fit_block, size
from .instructions import for_course, for_learner, material_text

__all__ = ["Message", "build_messages"]

BYTES_PER_TOKEN: Final = 4
LEAST: Final = 4_000
"""Bytes that what the learner says now has at least."""
LEAST_TALK: Final = 500
"""Bytes. Less of a long message says nothing."""
_AROUND: Final = 16
"""Bytes that an endpoint puts around a message, or we between two that are joined."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message for the endpoint; ``text`` is never blank."""

    role: Literal["system", "user", "assistant"]
    text: str


def build_messages(
    system: str,
    course: Course | None,
    step: Brief | None,
    history: Sequence[Event],
    message: str,
    context: Mapping[str, Any],
    lang: str | None,
    most_tokens: int,
) -> list[Message]:
    """What the model is given: one system message, then users' and assistants' in turns.

    ``history`` is the conversation before ``message``, oldest first. ``context`` is what the
    learner attached to it (`Turn.context`). ``lang`` is the language of the learner's interface.

    All texts together have at most ``most_tokens`` × 4 bytes of UTF-8. The oldest part of the
    conversation is left out first; the material has at most half of what the prompt and the course
    leave; of what the learner says now and attached, the middle of the longest is left out. The
    prompt, the course's rules and the step are never cut: where they leave less than 4,000 bytes,
    the message has 4,000 all the same, so keep prompts far below the budget.
    """
    course = course or Course()
    common, own = for_course(system, course), for_learner(step, lang or course.language)
    budget = most_tokens * BYTES_PER_TOKEN - size(common) - 2 * _AROUND
    room = max(budget - size(own), LEAST)
    material = material_text(course.material, min(budget // 2, room - LEAST))
    room -= size(material)
    now = _said_now(message, context, room)
    talk = _conversation(history, room - size(now))
    first = Message("system", "\n\n".join(filter(None, (common, material, own))))
    return [first, *_in_turns([*talk, Message("user", now)])]


def _said_now(message: str, context: Mapping[str, Any], room: int) -> str:
    """What the learner attached, then the message, in blocks of ``room`` bytes together."""
    parts = [*_attached(context), ("message", without_surrogates(message))]
    texts = dict[Label, str]()
    # The shortest first: what it does not need of its share is there for the others.
    for number, (label, text) in enumerate(sorted(parts, key=lambda part: size(part[1]))):
        share = room // (len(parts) - number) - 2
        texts[label] = fit_block(label, text, share)
        room -= size(texts[label]) + 2
    return "\n\n".join(texts[label] for label, _ in parts)


def _attached(context: Mapping[str, Any]) -> Iterator[tuple[Label, str]]:
    found = dict[Label, object]()
    if isinstance(error := context.get("error"), Mapping):
        found["error"] = f"{error.get('name') or ''}: {error.get('message') or ''}".strip(": ")
        found["traceback"] = error.get("traceback")
    found["cell"] = context.get("cell")
    for label, text in found.items():
        if isinstance(text, str) and text.strip():
            yield label, without_surrogates(text)


# --- the conversation -------------------------------------------------------------------------


def _conversation(history: Sequence[Event], room: int) -> list[Message]:
    """The newest part of it that fits; if not even the newest message does, that without its
    middle."""
    kept = list[Message]()
    for event in filter(_is_said, reversed(history)):
        text = without_surrogates(event.text)
        if not kept and room > LEAST_TALK:
            text = fit(text, room - _AROUND)
        # Counted as a block, also where it stands without one.
        room -= size(block("notice", text)) + _AROUND
        if room < 0:
            break
        kept.append(_shown(event.role, text))
    return kept[::-1]


def _is_said(event: Event) -> bool:
    """Whether it is a part of the conversation. What failed ends with an apology of the server,
    which is not to be copied."""
    return bool(event.text.strip()) and event.status != "failed"


def _shown(role: Literal["learner", "tutor", "notice"], text: str) -> Message:
    match role:
        case "tutor":
            return Message("assistant", text)
        case "learner":
            return Message("user", block("message", text))
        case "notice":
            return Message("user", block("notice", text))
        case _:
            assert_never(role)


def _in_turns(messages: list[Message]) -> list[Message]:
    """With neighbours of one role joined, and a user first, as many models require."""
    spoken = [Message(role, _joined(group)) for role, group in groupby(messages, lambda m: m.role)]
    if spoken[0].role == "assistant":
        before, then = spoken[0].text, spoken[1].text
        spoken[:2] = [Message("user", f"{block('tutor', before)}\n\n{then}")]
    return spoken


def _joined(messages: Iterator[Message]) -> str:
    return "\n\n".join(message.text for message in messages)
