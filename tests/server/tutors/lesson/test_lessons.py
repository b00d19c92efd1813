"""The built-in lessons are right, in every language: Python itself is asked."""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final

import pytest

from tests.support.code_runs import run, run_session
from tests.support.lesson_truth import NoRule, code_blocks, inline_code, truth
from tutor_widget.server.tutors.lesson.catalogue import BUILT_IN, Step, load_lessons

NAMES: Final = ("lists", "loops", "reading-errors", "writing-functions")
LANGUAGES: Final = ("", "de", "es", "fr", "zh")
# The same in each translation: what is right, and what is counted.
SHARED: Final = ("number", "tolerance", "correct", "case", "unassisted", "concept")
SENTENCE: Final = re.compile(r"(?<=[.!?:])\s|[。！？：\n]")


def lesson(language: str, name: str) -> dict[str, Any]:
    return tomllib.loads((BUILT_IN / language / f"{name}.toml").read_text(encoding="utf-8"))


EVERY_STEP: Final = [
    pytest.param(name, number, step, id=f"{language or 'en'}-{name}-{number}")
    for language in LANGUAGES
    for name in NAMES
    for number, step in enumerate(lesson(language, name)["steps"], 1)
]


def judged(step: dict[str, Any]) -> Step:
    """The step as the tutor's judge knows it."""
    return Step(
        step["question"],
        tuple(step["hints"]),
        step["explanation"],
        answers=tuple(step.get("answers", ())),
        case=step.get("case", False),
        cases=tuple(step.get("cases", ())),
        number=step.get("number"),
        choices=tuple(step.get("choices", ())),
        correct=step.get("correct", ""),
    )


def accepted(step: dict[str, Any]) -> list[str]:
    if "choices" in step:
        return [step["correct"]]
    return [str(step["number"])] if "number" in step else list(step["answers"])


def refused(step: dict[str, Any]) -> list[str]:
    return [answer for mistake in step["mistakes"] for answer in mistake["answers"]]


def pieces(text: str) -> set[str]:
    """Whatever in a text might be read as an answer: sentences, code, lines of code."""
    lines = (line for block in code_blocks(text) for line in block.splitlines())
    sentences = SENTENCE.split("".join(text.split("```")[::2]))
    return {piece for piece in (text, *sentences, *inline_code(text), *lines) if piece.strip()}


def given_away(step: dict[str, Any], text: str) -> list[str]:
    """The pieces of the text that the judge takes as right, but numbers of the question."""
    right = judged(step).is_right
    found = [piece for piece in pieces(text) if right(piece)]
    if "number" in step and str(step["number"]) not in _numbers(step["question"]):
        found += [number for number in _numbers(text) if right(number)]
    return found


def _numbers(text: str) -> list[str]:
    return re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w]|\.\d)", text, re.ASCII)


@pytest.mark.parametrize(("name", "number", "step"), EVERY_STEP)
def test_an_accepted_answer_is_true(name: str, number: int, step: dict[str, Any]) -> None:
    """Python agrees with each accepted answer."""
    is_true = truth(name, number, step)
    assert [answer for answer in accepted(step) if not is_true(answer)] == []


@pytest.mark.parametrize(("name", "number", "step"), EVERY_STEP)
def test_a_refused_answer_is_false(name: str, number: int, step: dict[str, Any]) -> None:
    """Python agrees with no usual mistake, and with no other choice."""
    is_true = truth(name, number, step)
    others = "ABCDEFGH"[: len(step.get("choices", ()))].replace(step.get("correct", ""), "")
    assert [answer for answer in (*refused(step), *others) if is_true(answer)] == []


@pytest.mark.parametrize(("name", "number", "step"), EVERY_STEP)
def test_the_judge_agrees(name: str, number: int, step: dict[str, Any]) -> None:
    """The tutor's judge accepts what is listed as right and refuses what is listed as a mistake."""
    right = judged(step).is_right
    assert [answer for answer in accepted(step) if not right(answer)] == []
    assert [answer for answer in refused(step) if right(answer)] == []


@pytest.mark.parametrize(("name", "number", "step"), EVERY_STEP)
def test_nothing_gives_the_answer_away(name: str, number: int, step: dict[str, Any]) -> None:
    """No hint, rewording, example or reply to a mistake contains a right answer."""
    says = [mistake["say"] for mistake in step["mistakes"]]
    texts = [*step["hints"], step["also"], step["example"], *says]
    assert {text: found for text in texts if (found := given_away(step, text))} == {}


@pytest.mark.parametrize(("name", "number", "step"), EVERY_STEP)
def test_an_example_runs(name: str, number: int, step: dict[str, Any]) -> None:
    """The code of an example runs, and a session ends with the error that it shows."""
    for block in code_blocks(step["example"]):
        if block.startswith(">>> "):
            run_session(block)
        elif "```python" in step["example"] and "\n" in block:
            assert run(block).error is None


@pytest.mark.parametrize("language", LANGUAGES[1:])
@pytest.mark.parametrize("name", NAMES)
def test_a_translation_has_the_structure_of_its_base(name: str, language: str) -> None:
    """Steps, kinds, right letters and numbers, and the numbers of hints and mistakes, are equal."""
    base, form = lesson("", name), lesson(language, name)
    assert len(form["glossary"]) == len(base["glossary"])
    assert len(form["steps"]) == len(base["steps"])
    for own, original in zip(form["steps"], base["steps"], strict=True):
        assert set(own) == set(original)
        assert [own.get(key) for key in SHARED] == [original.get(key) for key in SHARED]
        for key in ("hints", "mistakes", "choices", "cases"):
            assert len(own.get(key, ())) == len(original.get(key, ())), own["question"]
        for key in ("question", "example"):
            assert len(code_blocks(own[key])) == len(code_blocks(original[key])), own["question"]


def test_the_lessons_are_offered_from_the_easiest_on() -> None:
    """Every built-in lesson is in these tests, and a learner begins with lists."""
    assert tuple(load_lessons(BUILT_IN)) == NAMES
    assert NAMES[0] == "lists"


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_has_what_teaches(name: str) -> None:
    """At least ten steps, each with what a learner may need, and one that is a check."""
    steps = lesson("", name)["steps"]
    assert len(steps) >= 10
    for step in steps:
        assert {"also", "example", "mistakes", "concept"} <= set(step)
        assert len(step["hints"]) >= 2
    assert any(step.get("unassisted") for step in steps)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_what_a_check_asks_was_practised_with_help(name: str, language: str) -> None:
    """In the same lesson, under the same concept: so both can be seen side by side."""
    steps = lesson(language, name)["steps"]
    practised = {step["concept"] for step in steps if not step.get("unassisted")}
    checked = {step["concept"] for step in steps if step.get("unassisted")}
    assert checked
    assert checked <= practised


def test_a_wrong_lesson_is_noticed() -> None:
    """A false answer, a true mistake and a hint that tells are found by these checks."""
    step = lesson("", "lists")["steps"][1]
    is_true = truth("lists", 2, step)
    assert (is_true("20"), is_true("10")) == (True, False)
    counted = lesson("", "loops")["steps"][0]
    assert "4" in given_away(counted, "There are 4 of them.")
    chained = lesson("", "lists")["steps"][6]
    assert not truth("lists", 7, chained)('"milk" in shopping == True')


def test_a_step_without_a_rule_is_noticed() -> None:
    """A question that no rule covers is an error, not a step that passes."""
    with pytest.raises(NoRule):
        truth("new", 1, {"question": "Why?", "answers": ["because"]})
