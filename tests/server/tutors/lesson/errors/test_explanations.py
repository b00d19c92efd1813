"""What the lesson tutor says about errors that Python really raises, and a teacher's own table."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.growth import cost
from tests.support.paths import ROOT
from tutor_widget.server import BadSetting, Turn
from tutor_widget.server.tutors.lesson import LessonTutor
from tutor_widget.server.tutors.lesson.errors import built_in, explain, load_entries

ENTRIES = built_in()
OWN = """
[[errors]]
name = "NameError"
message = "name '{name}' is not defined"
meaning = "Our robot has no {name}."
look = "See page 12."

[[errors]]
name = ["RobotError", "MotorError"]
meaning = "The robot fell over."
look = "Pick it up."
"""


def raised(code: str) -> BaseException:
    """Returns the error that the code raises."""
    try:
        exec(code, {})
    except BaseException as error:  # noqa: BLE001 - KeyboardInterrupt is among them
        return error
    raise AssertionError(f"{code!r} raises nothing")


def shared(error: BaseException) -> dict[str, Any]:
    """Returns the context that a notebook sends."""
    message = str(error.msg) if isinstance(error, SyntaxError) else str(error)
    return {"error": {"name": type(error).__name__, "message": message, "traceback": "…"}}


async def reply(tutor: LessonTutor, turn: Turn) -> str:
    return "".join([piece async for piece in tutor.reply(turn)])


REAL = [
    ("print(mesage)", "NameError", "`mesage`"),
    ("if 1\n    pass", "SyntaxError", "colon"),
    ("int('twelve')", "ValueError", "`'twelve'` does not look like one"),
]


@pytest.mark.parametrize(("code", "name", "says"), REAL)
async def test_a_real_error_is_explained_and_the_lesson_goes_on(
    code: str, name: str, says: str
) -> None:
    """The explanation has the learner's own names; no attempt is counted, and the step stays."""
    context = shared(raised(code))
    assert context["error"]["name"] == name
    tutor = LessonTutor(pace=0)
    state: dict[str, Any] = {}
    await tutor.greeting(state)
    before = dict(state)
    # The right answer to the first step: the message beside an error counts as no answer.
    said = await reply(tutor, Turn("3", context=context, state=state))
    assert said.startswith(f"### {name}\n\n")
    assert says in said
    assert "What to look at:" in said
    assert not re.search(r"\{[a-z_]+\}", said.partition("```")[0])
    assert "Back to the lesson, **1 of" in said
    assert "How many values" in said
    assert {**state, "said": ""} == {**before, "said": ""}


@pytest.mark.parametrize("code", ["raise LookupError('hm')", "1 << -1", "next(3)"])
async def test_what_is_not_in_the_table_is_said_to_be_unknown(code: str) -> None:
    """The tutor says that it does not know it and what the learner can do, and asks again."""
    tutor = LessonTutor(pace=0)
    state: dict[str, Any] = {}
    await tutor.greeting(state)
    said = await reply(tutor, Turn("why?", context=shared(raised(code)), state=state))
    assert said.startswith("I do not know this error")
    assert "Ask your teacher" in said
    assert "How many values" in said
    assert (state["step"], state["attempts"]) == (1, 0)


async def test_code_alone_is_not_judged() -> None:
    """The tutor says that it cannot read code; the message counts only as the right answer."""
    tutor = LessonTutor(pace=0)
    state: dict[str, Any] = {}
    await tutor.greeting(state)
    cell = {"cell": "x = 1\ny = 2"}
    said = await reply(tutor, Turn("is this right?", context=cell, state=state))
    assert "You shared code. I cannot read or run code" in said
    assert "How many values" in said
    assert (state["step"], state["attempts"]) == (1, 0)
    said = await reply(tutor, Turn("3", context=cell, state=state))
    assert "I cannot read or run code" in said
    assert (state["step"], state["score"]) == (2, 1)


async def test_an_error_is_explained_where_no_lesson_is_under_way() -> None:
    """In another tutor's session the first lesson begins; a finished lesson stays finished."""
    tutor = LessonTutor(pace=0)
    state: dict[str, Any] = {"foreign": True}
    said = await reply(tutor, Turn("?", context=shared(raised("1 / 0")), state=state))
    assert "divided by zero" in said
    assert "How many values" in said
    state["done"] = True
    said = await reply(tutor, Turn("?", context=shared(raised("1 / 0")), state=state))
    assert "divided by zero" in said
    assert "Back to the lesson" not in said


async def test_a_teachers_table_goes_before_the_built_in_one(tmp_path: Path) -> None:
    """It replaces entries that it has too and adds others; the rest is unchanged."""
    path = tmp_path / "robot.toml"
    path.write_text(OWN)
    tutor = LessonTutor(pace=0, errors=path)
    for context, says in [
        (shared(raised("leg")), "Our robot has no leg."),
        ({"error": {"name": "MotorError", "message": "", "traceback": ""}}, "Pick it up."),
        (shared(raised("1 / 0")), "divided by zero"),
    ]:
        assert says in await reply(tutor, Turn("?", context=context, state={}))


async def test_the_documented_table_is_one(tmp_path: Path) -> None:
    """What docs/tutors.md shows loads and explains its own examples."""
    text = (ROOT / "docs" / "tutors.md").read_text("utf-8")
    (table,) = re.findall(r"```toml\n(\[\[errors\]\]\n.*?)```", text, re.DOTALL)
    path = tmp_path / "robot.toml"
    path.write_text(table)
    error = {"name": "MotorError", "message": "motor left does not answer", "traceback": ""}
    said = await reply(LessonTutor(pace=0, errors=path), Turn("?", context={"error": error}))
    assert "does not hear from its motor `left`." in said
    assert "Is the plug of `left` in?" in said


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ('name = "X"\nlook = "b"', "robot.toml, entry 1, key 'meaning': a text is required."),
        ('name = []\nmeaning = "a"\nlook = "b"', "entry 1, key 'name': a list of at least one"),
        ('name = "X"\nmeanin = "a"\nlook = "b"', "'meanin': unknown; did you mean 'meaning'"),
        (
            'name = "X"\nmessage = "no {thing}"\nmeaning = "no {thin}"\nlook = "b"',
            "entry 1, key 'meaning': {thin} is in no message; did you mean {thing}.",
        ),
        (
            'name = "X"\nmessage = ["no {thing}", "none"]\nmeaning = "a"\nlook = "{thing}"',
            "key 'look': {thing} is not in every message",
        ),
        ("= 3", "robot.toml: "),
    ],
)
def test_what_is_wrong_in_a_table_is_named(tmp_path: Path, entry: str, says: str) -> None:
    """The error names file, entry and key, when the tutor is made."""
    path = tmp_path / "robot.toml"
    path.write_text(f"[[errors]]\n{entry}\n")
    with pytest.raises(BadSetting, match=re.escape(says)):
        LessonTutor(errors=path)
    path.write_text("errors = 3")
    with pytest.raises(BadSetting, match="key 'errors': at least one"):
        LessonTutor(errors=path)


def test_an_entry_may_ask_what_the_traceback_contains(tmp_path: Path) -> None:
    """Without that text in the traceback, the entry does not match."""
    path = tmp_path / "robot.toml"
    path.write_text(
        '[[errors]]\nname = "KeyError"\ntraceback = ["robot.py", "motor.py"]\n'
        'meaning = "The robot has no such part."\nlook = "See page 3."\n'
    )
    entries = load_entries(path)
    assert explain(entries, "KeyError", "'leg'", 'File "motor.py", line 3') is not None
    assert explain(entries, "KeyError", "'leg'", 'File "other.py", line 3') is None
    assert explain(entries, "KeyError", "'leg'") is None


def test_a_long_message_is_matched_by_its_ends() -> None:
    """A learner's words cannot hold up the table, and backticks cannot break its form."""
    assert explain(ENTRIES, "TypeError", "() missing " * 1_500) is None
    long = "x" * 16_384
    told = explain(ENTRIES, "NameError", f"name '{long}' is not defined")
    assert told is not None
    assert len(told) < 1_500
    told = explain(ENTRIES, "NameError", "name 'a`\n# b' is not defined")
    assert told is not None
    assert "`a' # b`" in told


@pytest.mark.parametrize("piece", ["() missing ", "'", " ", "name '", "{", "[[", "not in "])
def test_the_time_does_not_grow_with_the_message(piece: str) -> None:
    """Of a message only a thousand characters are matched: 32 KiB take as long as 8 KiB."""

    def seconds(size: int) -> float:
        message = (piece * size)[:size]

        def explain_all() -> None:
            for name in ("TypeError", "ValueError", "SyntaxError"):
                explain(ENTRIES, name, message)

        return cost(explain_all)

    assert seconds(32_768) <= 2 * seconds(8_192)
