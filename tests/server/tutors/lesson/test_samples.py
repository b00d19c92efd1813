"""What learners write in a lesson, and what it is taken for: the samples, each said once.

All talk of a step is also said in one session, each message twice.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from benchmarks.tutoring.corpus import Said, samples
from benchmarks.tutoring.measure import tells
from tutor_widget.server.tutors.lesson import LessonTutor
from tutor_widget.server.tutors.lesson.catalogue import load_lesson
from tutor_widget.server.tutors.lesson.trial import Trial

WANTED = 0.97
SAID = samples()
STEPS = load_lesson(SAID[0].lesson).steps


@pytest.fixture
def trial() -> Trial:
    return Trial(LessonTutor(SAID[0].lesson.parent, pace=0))


async def test_the_samples_are_taken_for_what_they_are(trial: Trial) -> None:
    """At least 97 % of each class. Each message that is not is named."""
    every: Counter[str] = Counter()
    misread: dict[str, list[str]] = defaultdict(list)
    for one in SAID:
        _, state = await trial.begin(one.step)
        taken = (await trial.read(one.text, state)).kind
        every[one.kind] += 1
        if one.expected not in (taken, "either"):
            misread[one.kind].append(f"{one.step}: {one.text!r} is taken for {taken}")
    assert every.keys() == {"right", "wrong", "talk", "command", "either"}
    too_many = [
        line for kind, lines in misread.items() if len(lines) > (1 - WANTED) * every[kind]
        for line in lines
    ]  # fmt: skip
    assert not too_many, "\n".join(too_many)


@pytest.mark.parametrize("number", range(1, len(STEPS) + 1))
async def test_talk_is_not_told_the_answer_nor_answered_twice_alike(
    trial: Trial, number: int
) -> None:
    """Whatever was said before; it costs nothing, and the next wrong answer brings a first hint."""
    talk = [one for one in SAID if (one.step, one.kind) == (number, "talk")]
    before, state = await trial.begin(number)
    for one in [one for one in talk for _ in range(2)]:
        reply = await trial.say(one.text, state)
        assert not tells(STEPS[number - 1], reply), one.text
        assert reply != before, one.text
        before = reply
    counts = {key: state[key] for key in ("step", "attempts", "score")}
    assert counts == {"step": number, "attempts": 0, "score": 0}
    wrong = next(one for one in SAID if (one.step, one.kind) == (number, "wrong"))
    assert STEPS[number - 1].hints[0] in await trial.say(wrong.text, state)


@pytest.mark.parametrize("one", [one for one in SAID if one.kind == "talk"], ids=lambda o: o.text)
async def test_each_message_of_talk_is_not_told_the_answer(trial: Trial, one: Said) -> None:
    """Nor is its reply the question as it was said before."""
    before, state = await trial.begin(one.step)
    reply = await trial.say(one.text, state)
    assert not tells(STEPS[one.step - 1], reply)
    assert reply != before
