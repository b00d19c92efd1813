"""The built-in tutors: how they judge answers, and what they say about a faulty lesson."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.paths import ROOT
from tutor_widget.server import BadSetting, Greeter, Turn, Tutor
from tutor_widget.server.tutors.echo import EchoTutor
from tutor_widget.server.tutors.lesson import LessonTutor
from tutor_widget.server.tutors.lesson.catalogue import BUILT_IN, Step, load_lesson, load_lessons
from tutor_widget.server.tutors.lesson.judge import (
    Verdict,
    judge_choice,
    judge_number,
    judge_text,
)
from tutor_widget.server.tutors.lesson.normal import clean, tidy

LESSON = """
title = "Small"
[[steps]]
question = "One?"
answers = ["yes"]
hints = ["first hint", "second hint"]
explanation = "Because."
[[steps]]
question = "Two?"
choices = ["red", "blue"]
correct = "B"
hints = ["not red"]
explanation = "Blue it is."
"""


def is_text(given_text: str, accepted: list[str], case: bool = False) -> bool:
    return judge_text(clean(given_text), accepted, case=case) is Verdict.RIGHT


def is_number(given_text: str, right: float, tolerance: float = 0) -> bool:
    return judge_number(clean(given_text), right, tolerance) is Verdict.RIGHT


def is_choice(given_text: str, choices: list[str], right: str) -> bool:
    return judge_choice(clean(given_text), choices, right) is Verdict.RIGHT


class Learner:
    """Talks to a tutor and keeps the state."""

    def __init__(self, tutor: LessonTutor, lang: str | None = None) -> None:
        self.tutor = tutor
        self.lang = lang
        self.state: dict[str, Any] = {}
        self.record: dict[str, Any] = {}

    async def begins(self) -> str:
        return await self.tutor.greeting(self.state, self.lang)

    async def says(self, message: str, rev: int | None = None, state_rev: int = 0) -> str:
        turn = Turn(message, state=self.state, lang=self.lang, rev=rev, state_rev=state_rev)
        self.record = turn.record
        return "".join([piece async for piece in self.tutor.reply(turn)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small.toml").write_text(LESSON)
    (tmp_path / "tiny.toml").write_text(LESSON.replace("Small", "Tiny"))
    return tmp_path


# --- the lesson tutor -----------------------------------------------------------------------------


async def test_the_greeting_introduces_itself_and_asks(folder: Path) -> None:
    """It says that it is no AI, and sets the whole state."""
    state: dict[str, Any] = {}
    text = await LessonTutor(folder, pace=0).greeting(state)
    assert "not an AI" in text
    assert "One?" in text
    shown = {key: state[key] for key in ("title", "step", "of", "score", "attempts")}
    assert shown == {"title": "Small", "step": 1, "of": 2, "score": 0, "attempts": 0}
    assert state["suggestions"] == ["Hint", "Explain", "Skip"]


async def test_a_lesson_from_beginning_to_end(folder: Path) -> None:
    """Right answer, wrong answer, hint, end and repeat behave as documented."""
    learner = Learner(LessonTutor(folder, pace=0))
    await learner.tutor.greeting(learner.state)
    assert "first hint" in await learner.says("no")
    assert (learner.state["attempts"], learner.state["score"]) == (1, 0)
    assert "second hint" in await learner.says("Hint, please!")
    assert learner.state["attempts"] == 1
    reply = await learner.says("YES.")
    assert "Because." in reply
    assert "Two?" in reply
    assert (learner.state["step"], learner.state["score"], learner.state["attempts"]) == (2, 1, 0)
    assert learner.state["suggestions"] == ["A) red", "B) blue", "Hint", "Explain", "Skip"]
    assert learner.state["progress"] == 1
    assert "2 of 2" in await learner.says("b")
    assert learner.state["progress"] == 2
    assert learner.state["suggestions"] == ["Again", "Lessons"]
    assert "finished" in await learner.says("and now")
    assert "One?" in await learner.says("again")
    assert (learner.state["step"], learner.state["score"]) == (1, 0)


async def test_the_answer_is_told_when_the_ladder_has_ended_and_not_before(folder: Path) -> None:
    """Each wrong answer shows a hint; after the last one comes the solution, without a point."""
    learner = Learner(LessonTutor(folder, pace=0))
    await learner.tutor.greeting(learner.state)
    for _ in range(2):
        assert "yes" not in await learner.says("wrong")
    assert "yes" in await learner.says("wrong")
    assert (learner.state["step"], learner.state["score"]) == (2, 0)
    assert "blue" not in (await learner.says("hint")).lower()
    assert "B) blue" in await learner.says("hint")


async def test_skipping_tells_no_answer_and_again_asks_again(folder: Path) -> None:
    """`skip` goes to the next step; `again` repeats the question and counts nothing."""
    learner = Learner(LessonTutor(folder, pace=0))
    await learner.tutor.greeting(learner.state)
    assert "One?" in await learner.says("again")
    reply = await learner.says("Skip")
    assert "yes" not in reply
    assert (learner.state["step"], learner.state["score"]) == (2, 0)


async def test_lessons_are_listed_and_left_and_come_back_to(folder: Path) -> None:
    """They are chosen by number or title; a lesson left midway continues where it was."""
    learner = Learner(LessonTutor(folder, pace=0))
    await learner.tutor.greeting(learner.state)
    await learner.says("yes")
    listed = await learner.says("lessons")
    assert "1. **Small**" in listed
    assert "2. **Tiny**" in listed
    assert learner.state["suggestions"] == ["Lesson 1", "Lesson 2", "Back"]
    await learner.says("2")
    assert (learner.state["title"], learner.state["step"]) == ("Tiny", 1)
    await learner.says("small")
    assert (learner.state["title"], learner.state["step"], learner.state["score"]) == (
        "Small",
        2,
        1,
    )


async def test_talk_costs_nothing_and_a_guess_does(folder: Path) -> None:
    """Nothing is said twice in a row, the answer is not told, and the first hint is still due."""
    learner = Learner(LessonTutor(folder))
    said = await learner.begins()
    for talk in ("Can you explain how lists work?", "why?", "I don't understand", "huh?", "lol"):
        said, before = await learner.says(talk), said
        assert said != before
        assert "yes" not in said
        assert "One?" in said
        assert learner.record["kind"] == "talk"
    counts = {key: learner.state[key] for key in ("step", "score", "attempts", "hints")}
    assert counts == {"step": 1, "score": 0, "attempts": 0, "hints": 0}
    assert "first hint" in await learner.says("is it no?")
    assert learner.state["attempts"] == 1
    assert "Two?" in await learner.says("is it yes?")


async def test_a_state_of_another_tutor_begins_the_first_lesson(folder: Path) -> None:
    """Whatever it holds."""
    learner = Learner(LessonTutor(folder))
    learner.state |= {"foreign": True}
    assert "One?" in await learner.says("hello")
    assert learner.state["of"] == 2


async def test_a_changed_lesson_goes_on_at_the_same_question(folder: Path) -> None:
    """The score is kept. If the question is gone the learner is told, and goes on nearby."""
    learner = Learner(LessonTutor(folder))
    await learner.begins()
    await learner.says("yes")
    steps = LESSON.partition("[[steps]]")
    first = 'question = "New?"\nanswers = ["x"]\nhints = ["h"]\nexplanation = "e"\n'
    (folder / "small.toml").write_text(f"{steps[0]}[[steps]]\n{first}[[steps]]{steps[2]}")
    learner.tutor = LessonTutor(folder)
    await learner.says("B")
    assert (learner.state["score"], learner.state["of"], learner.state["done"]) == (2, 3, True)
    await learner.says("again")
    (folder / "small.toml").write_text(LESSON)
    learner.tutor = LessonTutor(folder)
    assert "has changed the lesson" in await learner.says("hmm")


async def test_a_message_for_an_earlier_step_changes_nothing(folder: Path) -> None:
    """It names the revision that its author saw. So four clicks on *Hint* give one hint."""
    learner = Learner(LessonTutor(folder))
    await learner.begins()
    assert "Two?" in await learner.says("yes", rev=1, state_rev=1)
    before = dict(learner.state)
    assert "earlier step" in await learner.says("yes", rev=1, state_rev=2)
    assert {**learner.state, "said": ""} == {**before, "said": ""}
    assert "not red" in await learner.says("Hint", rev=2, state_rev=2)
    for state_rev in (3, 4, 5):
        reply = await learner.says("Hint", rev=2, state_rev=state_rev)
        assert "blue" not in reply.casefold()
    assert (learner.state["step"], learner.state["hints"]) == (2, 1)
    assert "B) blue" in await learner.says("Hint", rev=6, state_rev=6)


async def test_missed_steps_can_be_tried_again_at_the_end(folder: Path) -> None:
    """They are named, a suggestion leads to each, and a solved one counts."""
    learner = Learner(LessonTutor(folder))
    await learner.begins()
    await learner.says("skip")
    assert "Step 1" in await learner.says("B")
    assert learner.state["suggestions"] == ["Step 1", "Again", "Lessons"]
    assert "One?" in await learner.says("Step 1")
    assert "2 of 2" in await learner.says("yes")
    assert learner.state["suggestions"] == ["Again", "Lessons"]


async def test_what_the_author_wrote_for_help_is_said() -> None:
    """The step in other words, an example, what to say to a mistake, and what a word means."""
    learner = Learner(LessonTutor())
    await learner.begins()
    also, example = await learner.says("I don't get it"), await learner.says("still not")
    assert "How long is the list" in also
    assert "pets" in example or "pets" in await learner.says("Example")
    assert "Did you count the commas?" in await learner.says("2")
    assert "**Index**" in await learner.says("what is an index?")
    assert learner.state["score"] == 0


@pytest.mark.parametrize(
    ("lang", "hint", "word"),
    [("de-AT", "Tipp", "Hinweis"), ("es", "pista", "Pista"), ("fr", "indice", "Indice"),
     ("zh-CN", "\u63d0\u793a", "\u63d0\u793a")],
)  # fmt: skip
async def test_the_learners_language_chooses_words_and_lesson(
    lang: str, hint: str, word: str
) -> None:
    """Greeting, suggestions, commands and the lesson itself; English commands work, too."""
    learner = Learner(LessonTutor(), lang)
    text = await learner.begins()
    assert "Lists in Python" not in text
    assert word in learner.state["suggestions"]
    await learner.says(hint)
    await learner.says("hint")
    assert learner.state["hints"] == 2
    await learner.says("3")
    assert learner.state["score"] == 1


async def test_a_text_that_begins_a_block_swallows_nothing(tmp_path: Path) -> None:
    """An open fence in a hint is closed, and what follows is a block of its own."""
    text = LESSON.replace('"first hint"', '"""```python\nx = 1"""')
    (tmp_path / "small.toml").write_text(text)
    learner = Learner(LessonTutor(tmp_path))
    await learner.begins()
    reply = await learner.says("no")
    assert "\n\n```python\nx = 1\n```\n\nTry again" in reply


async def test_words_come_one_by_one_and_make_the_whole(folder: Path) -> None:
    """The text is the same at any pace."""
    message = "  Some *words*,\n\nand a-very-long-word-" + "x" * 100 + " \n"
    for pace in (0, 1e9):
        pieces = [piece async for piece in EchoTutor(pace).reply(Turn(message))]
        assert "".join(pieces) == message
        assert (len(pieces) == 1) == (pace == 0)


@pytest.mark.parametrize("lesson", load_lessons(BUILT_IN).values(), ids=lambda one: one.name)
async def test_the_built_in_lessons_can_be_solved(lesson: Any) -> None:
    """They have eight steps or more; each solution solves its step, and no hint contains it."""
    assert len(lesson.steps) >= 8
    learner = Learner(LessonTutor(pace=0))
    await learner.says("hi")
    await learner.says(lesson.title)
    for number, step in enumerate(lesson.steps, 1):
        assert learner.state["step"] == number
        assert not step.is_right("I do not know"), step.question
        if not step.choices and len(step.solution) > 2:
            words = [hint.replace("NoneType", "") for hint in step.hints]
            assert not any(step.solution in hint for hint in words), step.question
        assert step.is_right(step.solution)
        await learner.says(step.solution)
        assert learner.state["score"] == number
    assert learner.state["done"]


# --- judging --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_text", "right"),
    [
        ("[4, 8]", "[4,8]"),
        ("`[4,8]`", "[4, 8]"),
        ("```python\n[4, 8]\n```", "[4, 8]"),
        ("The answer is [ 4 , 8 ].", "[4, 8]"),
        ("“milk” in shopping", '"milk" in shopping'),
        ("'milk'   in shopping", '"milk" in shopping'),
        ("NONE", "None"),
        ("'d'", "d"),
        ("it's  D.", "d"),
        (">>> print(price)", "print(price)"),
        ("I think it is None!", "None"),
    ],
)
def test_formatting_makes_no_difference(given_text: str, right: str) -> None:
    """Case, spaces, quotes, backticks, a full stop and a preface are ignored."""
    assert is_text(given_text, [right])


@pytest.mark.parametrize(
    ("given_text", "right"),
    [
        ("[4, 8, 5]", "[4, 8]"),
        ("[a]", "['a']"),
        ("5", "'5'"),
        ("notin", "not in"),
        ("[48]", "[4, 8]"),
        ("", "x"),
        ("...", "."),
    ],
)
def test_what_says_something_else_is_wrong(given_text: str, right: str) -> None:
    """Tolerance accepts no wrong answer."""
    assert not is_text(given_text, [right])


def test_capitals_matter_where_the_lesson_says_so() -> None:
    """Such a step may be about the case of a name."""
    assert not is_text("ada", ["Ada"], case=True)
    assert is_text("`'Ada'`.", ["Ada"], case=True)


@pytest.mark.parametrize(
    ("given_text", "right", "tolerance", "is_right"),
    [
        ("20", 20, 0, True),
        ("20.0", 20, 0, True),
        ("it's 20.", 20, 0, True),
        ("twelve", 12, 0, True),
        ("−3", -3, 0, True),
        ("1,000", 1000, 0, True),
        ("3,5", 3.5, 0, True),
        ("1/2", 0.5, 0, True),
        ("1e3", 1000, 0, True),
        ("0.3", 0.1 + 0.2, 1e-9, True),
        ("3.14", 3.14159, 0.01, True),
        ("3.15", 3.14, 0.01, True),
        ("3.151", 3.14, 0.01, False),
        ("21", 20, 0, False),
        ("20 or 21", 20, 0, False),
        ("1e999999999", 20, 0, False),
        ("1/0", 20, 0, False),
        ("nan", 20, 0, False),
        ("", 0, 0, False),
    ],
)
def test_numbers(given_text: str, right: float, tolerance: float, is_right: bool) -> None:
    """Numbers are read as people write them; the tolerance is inclusive and decimal."""
    assert is_number(given_text, right, tolerance) is is_right


def test_choices() -> None:
    """A choice is named by its letter in any form, or by its text; another letter is wrong."""
    choices = ["`a` thing", "b", "It prints `d`."]
    for text in ("C", "c)", "(c)", "option c.", "It prints d", "C) It prints `d`."):
        assert is_choice(text, choices, "C"), text
    for text in ("A", "d", "a thing", "C or B", ""):
        assert not is_choice(text, choices, "C"), text
    assert not is_choice("b", choices, "A")


@given(st.text())
def test_judging_takes_any_text(text: str) -> None:
    """No text of a learner raises, and the lesson's own answer is always right."""
    is_number(text, 1)
    is_choice(text, ["x", "y"], "A")
    if tidy(clean(text)):
        assert is_text(text, [text])


# --- lessons that are not right -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('title = "Small"', "", "key 'title': a text is required"),
        ('title = "Small"', 'tilte = "Small"', "key 'tilte': unknown; did you mean 'title'"),
        ('explanation = "Because."', "", "step 1, key 'explanation': a text is required"),
        ('"second hint"', "7", "step 1, key 'hints': every entry must be a text"),
        ('hints = ["not red"]', "hints = []", "step 2, key 'hints': a list of at least one"),
        ('answers = ["yes"]', "", "step 1, key 'answers': exactly one of"),
        ('answers = ["yes"]', 'answers = ["y"]\nnumber = 1', "step 1, key 'number': exactly one"),
        ('answers = ["yes"]', "number = true", "step 1, key 'number': a number is required"),
        ('answers = ["yes"]', "number = nan", "step 1, key 'number': a number is required"),
        ('answers = ["yes"]', 'answers = ["`"]', "step 1, key 'answers': no learner can give"),
        ('answers = ["yes"]', 'answers = ["y"]\ntolerance = 1', "step 1, key 'tolerance'"),
        ('answers = ["yes"]', f"answers = {['y'] * 101}", "step 1, key 'answers': it has 101, and"),
        (
            'answers = ["yes"]',
            'answers = ["y"]\nmistakes = [' + '{answers = ["n"], say = "No."}, ' * 101 + "]",
            "step 1, key 'mistakes': it has 101, and 100 at most are possible",
        ),
        ('correct = "B"', 'correct = "C"', "step 2, key 'correct': a letter from A to B"),
        ('correct = "B"', "", "step 2, key 'correct': a text is required"),
        ('choices = ["red", "blue"]', 'choices = ["red"]', "step 2, key 'choices': 2 to 8"),
        ("[[steps]]", "[[step]]", "key 'step': unknown; did you mean 'steps'"),
        ("question", "question =", "small.toml:"),
    ],
)
def test_a_fault_is_named_with_file_step_and_key(
    folder: Path, old: str, new: str, fault: str
) -> None:
    """The error tells a teacher where to look, and what is expected there."""
    (folder / "small.toml").write_text(LESSON.replace(old, new))
    with pytest.raises(BadSetting) as caught:
        load_lesson(folder / "small.toml")
    assert str(caught.value).startswith("small.toml")
    assert fault in str(caught.value)


def examples(language: str) -> list[str]:
    """Returns the code blocks of docs/tutors.md in that language."""
    text = (ROOT / "docs" / "tutors.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_the_documented_lesson_is_right(tmp_path: Path) -> None:
    """The lessons that a teacher copies from the documentation load."""
    example, step, *_ = examples("toml")  # the others are of a course and of errors
    (tmp_path / "loops.toml").write_text(example)
    (tmp_path / "step.toml").write_text(f'title = "One step"\n{step}')
    steps = [step for lesson in load_lessons(tmp_path).values() for step in lesson.steps]
    assert [step.is_right(step.solution) for step in steps] == [True] * 4


async def test_the_documented_tutor_works() -> None:
    """The example of ten lines runs as it is."""
    names: dict[str, Any] = {}
    exec(compile(examples("python")[0], "docs/tutors.md", "exec"), names)
    tutor = names["CountingTutor"]()
    assert isinstance(tutor, Tutor)
    assert isinstance(tutor, Greeter)
    turn = Turn("hi", context={"error": {"name": "NameError"}}, state={"count": 1})
    text = "".join([piece async for piece in tutor.reply(turn)])
    assert text == "That was message 2. And you share a NameError."


def test_a_folder_without_lessons_is_a_fault(tmp_path: Path) -> None:
    """The alternative would be a tutor without a question."""
    with pytest.raises(BadSetting, match="holds no lesson"):
        LessonTutor(tmp_path)


def test_every_kind_of_step_knows_its_solution() -> None:
    """The solution is written as the learner sees it."""
    common = {"question": "?", "hints": ("h",), "explanation": "e"}
    for number in (3, 3.0, 2.5, 1048576, 0.1234567, -1e-7, 1e22):
        step = Step(**common, number=number)  # type: ignore[arg-type]
        assert step.is_right(step.solution)
    assert Step(**common, number=3.0).solution == "3"  # type: ignore[arg-type]
    assert Step(**common, choices=("x", "y"), correct="B").solution == "B) y"  # type: ignore[arg-type]
    assert Step(**common, answers=("yes", "y")).solution == "yes"  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["why is it 3?", "what does 3 do here", "3"])
async def test_a_question_about_a_cell_is_no_answer(text: str) -> None:
    """Also one that names the right answer; that alone counts beside a cell, too."""
    tutor, turn = LessonTutor(has_voice=True), Turn(text, {"cell": "xs = [1]"}, lang="en")
    await tutor.greeting(turn.state, "en")
    assert load_lesson(BUILT_IN / f"{turn.state['lesson']}.toml").steps[0].is_right(text)
    said, _ = await tutor.teach(turn, "en")
    assert turn.state["score"] == (text == "3")
    assert said.finding == ("talk" if text == "3" else "cell")
