"""What a model is given: every word in its place, and never more than the budget."""

from __future__ import annotations

import dataclasses
import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.blocks import parsed
from tutor_widget.server.tutors.course import Course, Material
from tutor_widget.server.tutors.lesson.teaching import Brief
from tutor_widget.server.tutors.model.prompt import Message, build_messages
from tutor_widget.server.tutors.model.prompt.blocks import CUT, size
from tutor_widget.server.tutors.model.prompt.messages import LEAST
from tutor_widget.wire import Event

PLENTY = 100_000
FOREIGN = st.text(max_size=300) | st.text(alphabet="`\n a", max_size=300)
CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "cell": FOREIGN,
        "error": st.fixed_dictionaries({"name": FOREIGN, "message": FOREIGN, "traceback": FOREIGN}),
    },
)
EVENTS = st.builds(
    Event,
    seq=st.just(1),
    id=st.just("e"),
    role=st.sampled_from(["learner", "tutor", "notice"]),
    text=FOREIGN,
    at=st.just(0),
    status=st.sampled_from(["complete", "stopped", "failed"]),
)
COURSE = Course("P1", "Loops.", "de", "Say list.", material=(Material("a.md", "Text. " * 500),))
STEP = Brief("Loops", "About.", "Which word?", ("first", "second"), "wrong", "Not so.", ("No.",))


def said(role: str, text: str, status: str = "complete") -> Event:
    return Event(seq=1, id="e", role=role, text=text, at=0, status=status)  # type: ignore[arg-type]


def built(
    message: str = "why?",
    *history: Event,
    course: Course | None = None,
    step: Brief | None = None,
    context: dict[str, Any] | None = None,
    lang: str | None = None,
    most: int = PLENTY,
) -> list[Message]:
    return build_messages("SYSTEM", course, step, history, message, context or {}, lang, most)


def total(messages: list[Message]) -> int:
    return sum(size(message.text) for message in messages)


# --- properties -------------------------------------------------------------------------------


@given(FOREIGN.filter(str.strip), CONTEXTS)
def test_what_a_learner_says_comes_back_exactly(message: str, context: dict[str, Any]) -> None:
    """Message and attachments stand in blocks of their own, the message last."""
    blocks = parsed(built(message, context=context)[-1].text)
    assert blocks[-1] == ("message", message)
    found = dict(blocks)
    for label, text in (
        ("cell", context.get("cell", "")),
        ("traceback", context.get("error", {}).get("traceback", "")),
    ):
        assert found.get(label, "").strip() == text.strip()
        assert not found.get(label) or found[label] == text


@given(st.lists(EVENTS, max_size=12), FOREIGN)
def test_roles_alternate_and_nothing_is_blank(history: list[Event], message: str) -> None:
    """One system message, then a user and an assistant in turns, a user first and last."""
    messages = built(message, *history)
    roles = [one.role for one in messages]
    assert roles[:2] == ["system", "user"]
    assert roles[-1] == "user"
    assert "system" not in roles[1:]
    assert all(one != other for one, other in pairwise(roles))
    assert all(one.text.strip() for one in messages)


@given(st.lists(EVENTS, max_size=12), FOREIGN)
def test_every_word_of_a_learner_stands_in_a_block(history: list[Event], message: str) -> None:
    """In the order of the conversation; nothing but blocks is in a message of a user."""
    users = [one.text for one in built(message, *history) if one.role == "user"]
    blocks = [one for text in users for one in parsed(text)]
    heard = [e.text for e in history if e.role != "tutor" and kept(e)]
    assert [text for label, text in blocks if label != "tutor"] == [*heard, message]
    outside = "".join(users)
    assert size(outside) <= sum(size(text) * 3 + 30 for _, text in blocks)


def kept(event: Event) -> bool:
    return bool(event.text.strip()) and event.status != "failed"


@settings(deadline=None)
@given(
    history=st.lists(EVENTS, max_size=12),
    message=FOREIGN | st.just("long " * 5_000) | st.just("`" * 9_000),
    context=CONTEXTS | st.just({"cell": "`" * 16_000}),
    course=st.sampled_from([None, COURSE]),
    step=st.sampled_from([None, STEP]),
    most=st.integers(0, 4_000),
)
def test_the_budget_is_kept(
    history: list[Event],
    message: str,
    context: dict[str, Any],
    course: Course | None,
    step: Brief | None,
    most: int,
) -> None:
    """Four bytes a token; the prompt, the course and the step alone may take more."""
    messages = built(message, *history, course=course, step=step, context=context, most=most)
    alone = built("?", course=course and dataclasses.replace(course, material=()), step=step)
    assert total(messages) <= max(4 * most, size(alone[0].text) + LEAST)


# --- what is left out -------------------------------------------------------------------------


def test_the_oldest_is_left_out_first() -> None:
    """What is kept is the end of the conversation, whole."""
    history = [said(("learner", "tutor")[n % 2], f"<{n}>" + "x" * 1000) for n in range(40)]
    for most in (2_000, 4_000, 8_000):
        text = "".join(message.text for message in built("?", *history, most=most)[1:])
        found = [n for n in range(40) if f"<{n}>" in text]
        assert 0 < len(found) < 40
        assert found == list(range(found[0], 40))
        assert CUT not in text


def test_of_a_newest_message_that_is_too_long_the_ends_are_kept() -> None:
    """A reply of a whole page does not leave the model without any conversation."""
    page = "BEGIN" + "x" * 100_000 + "END"
    text = built("?", said("learner", "Old."), said("tutor", page), most=4_000)[1].text
    assert "BEGIN" in text
    assert CUT in text
    assert "END" in text
    assert "Old." not in text


def test_of_what_is_said_now_only_what_is_long_is_cut() -> None:
    """A short question about a long cell is whole."""
    context = {
        "cell": "c" * 16_000,
        "error": {"name": "E", "message": "short", "traceback": "t" * 16_000},
    }
    blocks = dict(parsed(built("why?", context=context, most=3_000)[-1].text))
    assert list(blocks) == ["error", "traceback", "cell", "message"]
    assert blocks["message"] == "why?"
    assert blocks["error"] == "E: short"
    assert CUT in blocks["cell"]
    assert CUT in blocks["traceback"]


def test_material_takes_half_of_the_room_at_most() -> None:
    """It leaves the other half to the conversation; where there is no room it is left out."""
    course = Course(material=(Material("a.md", "A" * 3_000), Material("b.md", "B" * 60_000)))
    whole = parsed(built(course=course)[0].text)
    assert [len(text) for _, text in whole] == [3_000, 60_000]
    text = built(course=course, most=8_000)[0].text
    first, second = parsed(text)
    assert first == whole[0]
    assert CUT in second[1]
    assert size(text) <= 8_000 * 4 * 0.6 + size(built()[0].text)
    assert parsed(built(course=course, most=1_000)[0].text) == []


def test_what_is_the_same_for_a_course_comes_first() -> None:
    """So an endpoint that keeps what it computed of a prefix need not read the material anew."""
    step = dataclasses.replace(STEP, question="Another?")
    one, other = (
        built(message, course=COURSE, step=step, most=4_000)[0].text
        for message, step in (("why?", STEP), ("x" * 5_000, step))
    )
    same = next(n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    before = one[:same].partition("# The lesson")[0]
    assert [label for label, _ in parsed(before)] == ["material"]


def test_what_failed_and_what_is_blank_is_left_out() -> None:
    """An apology is nothing to go on from; what its learner asked stays."""
    history = [said("learner", "one"), said("tutor", "Sorry.", "failed"), said("tutor", " \u2003")]
    messages = built("two", *history)
    assert [one.role for one in messages] == ["system", "user"]
    assert parsed(messages[1].text) == [("message", "one"), ("message", "two")]


def test_a_tutor_who_spoke_first_is_heard_in_the_first_message_of_a_user() -> None:
    """Many models refuse a conversation that an assistant begins."""
    messages = built("hello", said("tutor", "Which word?"))
    assert parsed(messages[1].text) == [("tutor", "Which word?"), ("message", "hello")]
    assert len(messages) == 2


def test_a_notice_is_a_block_of_its_own() -> None:
    """It is neither the learner's nor the tutor's."""
    messages = built("hello", said("notice", "Exam on Friday."))
    assert parsed(messages[1].text)[0] == ("notice", "Exam on Friday.")


@pytest.mark.parametrize("odd", [None, 1, {"cell": 1}, {"error": "x"}, {"error": {"name": None}}])
def test_an_odd_context_is_no_attachment(odd: Any) -> None:
    """A tutor may be called with anything."""
    context = odd if isinstance(odd, dict) else {"cell": odd}
    assert parsed(built("why?", context=context)[-1].text) == [("message", "why?")]


def test_a_lone_surrogate_is_replaced() -> None:
    """It could not be sent as UTF-8."""
    for message in built("a\ud800b", said("learner", "\udfff"), context={"cell": "\ud800"}):
        message.text.encode()


def test_long_texts_take_linear_time() -> None:
    """Eight times the text takes about eight times as long, backticks and all."""
    for piece in ("a", "`", "`\n", "😀 "):
        short, long = (seconds(piece * (size // len(piece))) for size in (32_768, 262_144))
        assert long < 30 * max(short, 0.001), piece


def seconds(text: str) -> float:
    """How long it takes to build from a conversation of such texts, the best of three."""
    history = [said("learner", text), said("tutor", text)]
    times = []
    for _ in range(3):
        before = time.thread_time()
        built(text, *history, context={"cell": text}, step=STEP, most=4_000)
        times.append(time.thread_time() - before)
    return min(times)
