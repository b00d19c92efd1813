"""One reply of the tutor with a model, asked without a server: free questions, and with lessons."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.model_tutor import Pupil, lesson_file, model_tutor
from tests.support.servers.endpoint import Script
from tests.support.servers.endpoint_scripts import (
    after,
    drop,
    ending,
    events_for_ever,
    good,
    hang,
    speaking,
    status,
)
from tutor_widget.server import CannotAnswer, Turn
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.tutors.course import Closed, Course
from tutor_widget.server.tutors.lesson.catalogue import BUILT_IN, load_lesson
from tutor_widget.server.tutors.model.budget import Allowance
from tutor_widget.server.tutors.model.speaker import _show

LEAK = "You are close. The answer is break. Do you see it?"
ALONE = "The AI does not answer now"
USED_UP = "Today's questions"


# --- free questions -------------------------------------------------------------------------------


async def test_a_free_question_is_answered_and_counted() -> None:
    """The record has the model, the tokens and the times; the endpoint sees the pseudonym."""
    script = good("What have ", "you tried?", usage=(30, 4))
    async with model_tutor(script) as (tutor, endpoint):
        pupil = Pupil(tutor)
        assert "AI" in await pupil.begin()
        assert await pupil.says("How do I sort?") == "What have you tried?"
        assert (pupil.turn.prompt_tokens, pupil.turn.completion_tokens) == (30, 4)
        record = pupil.turn.record
        assert record["model"] == "m-1"
        assert record["tokens"] == {"prompt": 30, "completion": 4}
        assert 0 < record["seconds"]["first"] <= record["seconds"]["whole"]
        assert (record["finish"], record["tries"]) == ("stop", 1)
        assert pupil.state == {"ai": True}
        [request] = endpoint.requests
        assert request.body["safety_identifier"] == "pseudonym"
        assert "How do I sort?" in request.texts[-1][1]


@pytest.mark.parametrize(
    ("script", "shown", "sentence"),
    [
        (status(401), "", "The tutor is not set up properly. Tell your teacher."),
        (status(429), "", "The AI does not answer now. Please try again in a few minutes."),
        (after("Hel", "lo", then=drop), "Hello", "The answer was cut off."),
        (after("Hel", "lo", then=hang), "Hello", "The answer was cut off."),
        (ending("stop", reasoning_content="Hm."), "", "The AI gave no answer that I can show"),
    ],
)
async def test_a_failure_fails_the_answer_in_words(
    script: Script, shown: str, sentence: str
) -> None:
    """What came stays before them, and is counted."""
    async with model_tutor(script, total_timeout=1.0, token_timeout=0.3) as (tutor, _):
        pupil = Pupil(tutor)
        with pytest.raises(CannotAnswer) as refusal:
            await pupil.says("Hello?")
        assert pupil.heard == shown
        assert str(refusal.value).startswith(sentence)
        assert pupil.turn.record["failure"] in {"set_up", "busy", "cut_off", "unusable"}
        assert not shown or pupil.turn.prompt_tokens > 0


async def test_a_failure_is_told_in_the_learners_language() -> None:
    """That of the interface; of a region that of its language."""
    async with model_tutor(status(401)) as (tutor, _):
        with pytest.raises(CannotAnswer, match="Sag deiner Lehrkraft Bescheid"):
            await Pupil(tutor, lang="de-CH").says("Hallo?")


async def test_an_answer_that_was_too_long_is_complete() -> None:
    """It says so behind the words, outside of the code that was cut."""
    script = good("Look:\n\n```python\nfor n in", finish="length")
    async with model_tutor(script) as (tutor, _):
        reply = await Pupil(tutor).says("How?")
        assert reply == "Look:\n\n```python\nfor n in\n```\n\n(The answer was cut here.)"


async def test_after_a_row_of_failures_the_learner_is_told_at_once() -> None:
    """The endpoint is not asked."""
    async with model_tutor(status(500), total_timeout=0.2, breaker_failures=1) as (tutor, endpoint):
        pupil = Pupil(tutor)
        with pytest.raises(CannotAnswer):
            await pupil.says("Hello?")
        asked = len(endpoint.requests)
        with pytest.raises(CannotAnswer, match="out of order"):
            await pupil.says("Hello?")
        assert len(endpoint.requests) == asked


async def test_a_stop_closes_the_connection_and_is_counted() -> None:
    """What the model has written until then is estimated."""
    async with model_tutor(events_for_ever) as (tutor, endpoint):
        pupil, spoken = Pupil(tutor), asyncio.Event()

        async def listen() -> None:
            async for _ in pupil.asks("Count!"):
                spoken.set()

        listening = asyncio.create_task(listen())
        await spoken.wait()
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening
        await endpoint.until(lambda: endpoint.left == 1)
        assert pupil.turn.prompt_tokens > 0
        assert pupil.turn.completion_tokens > 0
        assert pupil.turn.record["finish"] is None


async def test_a_budget_that_is_used_up_is_a_complete_answer() -> None:
    """Without a call. Below a fifth the learner sees what is left, and above it nothing."""
    async with model_tutor(good("Hi.", usage=(80, 5)), daily_tokens=100) as (tutor, endpoint):
        pupil = Pupil(tutor)
        await pupil.says("One?")
        assert pupil.state["budget"]["left"] == 0.15
        await pupil.says("Two?")
        assert pupil.state["budget"]["left"] == 0.0
        midnight = datetime.fromtimestamp(pupil.state["budget"]["until"] / 1000, UTC)
        assert midnight.time() == datetime.min.time()
        reply = await pupil.says("Three?")
        assert reply == "Today's questions are used up. You can go on at 00:00 (UTC)."
        assert len(endpoint.requests) == 2
        assert pupil.turn.prompt_tokens == 0


async def test_a_new_day_begins_with_a_whole_budget() -> None:
    """What was shown of the old one is gone."""
    async with model_tutor(good("Hi.", usage=(80, 5)), daily_tokens=500) as (tutor, _):
        pupil = Pupil(tutor)
        pupil.spent = 500
        await pupil.says("Today?")
        assert pupil.state["budget"]["left"] == 0.0
        pupil.spent = 0
        assert await pupil.says("The next day?") == "Hi."
        assert "budget" not in pupil.state


def test_what_is_left_is_of_the_day_on_which_the_reply_began() -> None:
    """A reply over midnight shows no page the old day's rest as that of the new one."""
    turn, began = Turn(""), datetime(2026, 12, 4, 23, 59, tzinfo=UTC)
    _show(turn, Allowance(100, 90), began)
    midnight = datetime(2026, 12, 5, tzinfo=UTC)
    assert turn.state["budget"] == {"left": 0.1, "until": midnight.timestamp() * 1000}


async def test_a_group_may_have_no_limit() -> None:
    """Its members ask on, and see no budget."""
    limits = {"daily_tokens": 10, "group_tokens": {"staff": 0}}
    async with model_tutor(good("Hi.", usage=(80, 5)), **limits) as (tutor, endpoint):
        pupil = Pupil(tutor, groups=("staff",))
        for _ in range(3):
            assert await pupil.says("Hello?") == "Hi."
        assert "budget" not in pupil.state
        assert len(endpoint.requests) == 3


async def test_in_a_closed_hour_nothing_else_is_said() -> None:
    """Nothing is asked, and the state stays as it was."""
    now = datetime.now(UTC)
    course = Course(closed=(Closed(now - timedelta(hours=1), now + timedelta(hours=1), "exam"),))
    async with model_tutor(good("Hi."), course=course) as (tutor, endpoint):
        pupil = Pupil(tutor)
        reply = await pupil.says("What is 2 + 2?")
        assert "exam" in reply
        assert (pupil.state, endpoint.requests) == ({}, [])


# --- lessons --------------------------------------------------------------------------------------


async def test_the_model_speaks_within_a_wrong_answer(tmp_path: Path) -> None:
    """Before and after it the engine does, which has counted attempt and hint."""
    script = good("Think of a ", "bone.")
    async with model_tutor(script, lessons=lesson_file(tmp_path)) as (tutor, endpoint):
        pupil = Pupil(tutor)
        assert "AI" in await pupil.begin()
        reply = await pupil.says("return")
        assert reply.startswith("Not quite.\n\nThink of a bone.\n\nTry again")
        assert (pupil.state["attempts"], pupil.state["hints"]) == (1, 1)
        record = pupil.turn.record
        assert (record["kind"], record["step"], record["model"]) == ("answer", 1, "m-1")
        system = endpoint.requests[0].texts[0][1]
        assert "It is an English word for a fracture." in system
        assert "begins with a b" not in json.dumps(endpoint.requests[0].body)
        assert "innermost" not in json.dumps(endpoint.requests[0].body)


async def test_what_decides_needs_no_model(tmp_path: Path) -> None:
    """A hint as it is written, a word of the glossary, thanks, the right answer, and a check."""
    async with model_tutor(good("No."), lessons=lesson_file(tmp_path)) as (tutor, endpoint):
        pupil = Pupil(tutor)
        await pupil.begin()
        for text in ("hint", "what does body mean?", "thanks!", "again", "break", "I'm lost", "4"):
            await pupil.says(text)
        assert (pupil.state["progress"], endpoint.requests) == (2, [])


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("I don't understand", {}),
        ("explain", {}),
        ("just tell me the answer", {}),
        ("Look.", {"error": {"name": "NameError", "message": "name 'x' is not defined"}}),
        ("Look.", {"cell": "for x in y: pass"}),
    ],
)
async def test_the_model_speaks_where_words_help(
    tmp_path: Path, text: str, context: dict[str, str]
) -> None:
    """Talk, explanations, errors and cells; they cost nothing."""
    async with model_tutor(good("Look here."), lessons=lesson_file(tmp_path)) as (tutor, endpoint):
        pupil = Pupil(tutor)
        await pupil.begin()
        reply = await pupil.says(text, **context)
        assert "Look here." in reply
        assert len(endpoint.requests) == 1
        assert (pupil.state["attempts"], pupil.state["hints"]) == (0, 0)


async def test_a_lesson_goes_on_without_its_model(tmp_path: Path) -> None:
    """In the engine's words; the learner is told once, and again when it fails anew."""
    scripts = (status(401), status(401), good("A bone?"), status(401))
    async with model_tutor(*scripts, lessons=lesson_file(tmp_path)) as (tutor, _):
        pupil = Pupil(tutor)
        await pupil.begin()
        first, second, third, fourth = [
            await pupil.says(text)
            for text in ("I don't get it", "return", "I don't get it", "I don't get it")
        ]
        assert ALONE in first
        assert ALONE not in second
        assert "Hint 1 of 2: It is an English word" in second
        assert pupil.turn.record["failure"] == "set_up"
        assert "A bone?" in third
        assert ALONE in fourth


async def test_a_model_that_breaks_off_fails_the_answer(tmp_path: Path) -> None:
    """The state is not kept, so that trying again counts the attempt once."""
    scripts = (after("Think. ", "Of a ", then=drop), good("A bone."))
    async with model_tutor(*scripts, lessons=lesson_file(tmp_path)) as (tutor, _):
        pupil = Pupil(tutor)
        await pupil.begin()
        with pytest.raises(CannotAnswer, match="cut off"):
            await pupil.says("return")
        await pupil.says("return")
        assert pupil.state["attempts"] == 1


async def test_a_lesson_goes_on_when_the_budget_is_used_up(tmp_path: Path) -> None:
    """Without a call, in the engine's words; the learner is told once."""
    lessons = lesson_file(tmp_path)
    script = good("A bone.", usage=(80, 20))
    async with model_tutor(script, lessons=lessons, daily_tokens=100) as (tutor, endpoint):
        pupil = Pupil(tutor)
        await pupil.begin()
        await pupil.says("I don't get it")
        told, again = await pupil.says("return"), await pupil.says("I don't get it")
        assert told.startswith(USED_UP)
        assert "Hint 1 of 2" in told
        assert USED_UP not in again
        assert (pupil.state["attempts"], pupil.state["budget"]["left"]) == (1, 0.0)
        assert len(endpoint.requests) == 1


# --- the guard ------------------------------------------------------------------------------------


async def test_what_gives_the_answer_away_is_replaced_by_the_hint(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Once, and the reply ends there. It is counted, noted, and logged without words."""
    caplog.set_level(logging.DEBUG)
    metrics = Metrics()
    options = {"lessons": lesson_file(tmp_path), "metrics": metrics}
    async with model_tutor(after(LEAK, then=hang), **options) as (tutor, endpoint):
        pupil = Pupil(tutor)
        await pupil.begin()
        reply = await pupil.says("return")
        assert "break" not in reply
        assert reply.endswith(
            "Hint 1 of 2: It is an English word for a fracture.\n\n"
            "Try again, or say **hint** for more."
        )
        assert reply.count("Hint 1") == 1
        assert pupil.turn.record["guard"] == "answer"
        assert "failure" not in pupil.turn.record  # the endpoint was asked for no more
        assert 'tutor_guard_total{kind="answer"} 1.0' in metrics.render()
        assert "break" not in caplog.text
        assert any(record.getMessage() == "answer withheld" for record in caplog.records)
        await endpoint.until(lambda: endpoint.under_way == 0)


async def test_what_is_found_at_the_end_of_a_reply_is_noted_too(tmp_path: Path) -> None:
    """A short reply is looked at as a whole when it has ended."""
    lessons = lesson_file(tmp_path)
    async with model_tutor(good("The answer is break"), lessons=lessons) as (tutor, _):
        pupil = Pupil(tutor)
        await pupil.begin()
        assert "break" not in await pupil.says("I don't understand")
        assert pupil.heard.startswith("Hint 1 of 2: It is an English word")
        assert pupil.turn.record["guard"] == "answer"
        assert pupil.state["hints"] == 0


@pytest.mark.parametrize("name", sorted(path.stem for path in BUILT_IN.glob("*.toml")))
async def test_no_built_in_lesson_is_given_away(name: str) -> None:
    """By a model that tells the answer of every step to whoever asks for help."""
    steps = load_lesson(BUILT_IN / f"{name}.toml").steps
    told = [""]
    script = speaking(lambda _: ["Gladly. ", f"The answer is {told[0]}. ", "Go on!"])
    async with model_tutor(script, lessons=BUILT_IN / f"{name}.toml") as (tutor, endpoint):
        pupil = Pupil(tutor)
        await pupil.begin()
        for number, step in enumerate(steps, 1):
            assert pupil.state["step"] == number
            told[0] = step.solution
            reply = await pupil.says("I don't understand")
            assert ("guard" in pupil.turn.record) is not step.unassisted
            assert f"answer is {step.solution}" not in reply
            await pupil.says(step.solution)
        assert pupil.state["done"]
        assert len(endpoint.requests) == sum(not step.unassisted for step in steps)


async def test_a_teacher_may_want_no_guard(tmp_path: Path) -> None:
    """Then what the model says goes out as it comes."""
    options = {"lessons": lesson_file(tmp_path), "course": Course(guard=False)}
    async with model_tutor(good(LEAK), **options) as (tutor, _):
        pupil = Pupil(tutor)
        await pupil.begin()
        assert LEAK in await pupil.says("return")
