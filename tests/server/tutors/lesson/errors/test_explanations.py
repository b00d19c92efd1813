"""What the lesson tutor says about errors that Python really raises, and a teacher's own table."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT
from tutor_widget.server import BadSetting, Turn
from tutor_widget.server.tutors.lesson import LessonTutor
from tutor_widget.server.tutors.lesson.errors import BUILT_IN, explain, load_entries

ENTRIES = load_entries(BUILT_IN)
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


# The twenty most common kinds, some with several messages, and a part of what is said.
REAL = [
    ("print(mesage)", "NameError", "`mesage`"),
    ("def f():\n    print(x)\n    x = 1\nf()", "UnboundLocalError", "`x` is its own variable"),
    ("if 1\n    pass", "SyntaxError", "colon"),
    ("print((1, 2)", "SyntaxError", "A `(` was opened"),
    ("print(1))", "SyntaxError", "`)` that closes nothing"),
    ("x = [1, 2)", "SyntaxError", "one kind"),
    ("print('hello)", "SyntaxError", "quote"),
    ("print 'hello'", "SyntaxError", "brackets"),
    ("if x = 3: pass", "SyntaxError", "`==`"),
    ("f(x y)", "SyntaxError", "comma"),
    ("class = 3", "SyntaxError", "stands where it cannot stand"),
    ("return 3", "SyntaxError", "inside a function"),
    ("for x in []:\nprint(x)", "IndentationError", "four spaces"),
    ("x = 1\n  y = 2", "IndentationError", "left edge"),
    ("if 1:\n\tx = 1\n        y = 2", "TabError", "tabs"),
    ("'I am ' + 7", "TypeError", "`int`"),
    ("'12' - 1", "TypeError", "between a value of type `str` and one of type `int`"),
    ("3 < 'a'", "TypeError", "`<`"),
    ("x = 3\nx()", "TypeError", "like a function"),
    ("def area(w, h): pass\narea(1)", "TypeError", "`'h'`"),
    ("def area(w, h, d): pass\narea(1)", "TypeError", "`'h' and 'd'`"),
    ("def greet(): pass\ngreet(1)", "TypeError", "takes 0"),
    ("x = None\nx[0]", "TypeError", "`None`, which means: nothing"),
    ("x = 3\nx[0]", "TypeError", "type `int`"),
    ("for x in 3: pass", "TypeError", "range"),
    ("x = [1]\nx['0']", "TypeError", "whole number"),
    ("{[]: 1}", "TypeError", "tuple"),
    ("'cat'[0] = 'h'", "TypeError", "cannot be changed"),
    ("[1][3]", "IndexError", "Counting begins at 0"),
    ("''[0]", "IndexError", "string does not have"),
    ("{'Ada': 1}['ada']", "KeyError", "no key `'ada'`"),
    ("[].sort().append(1)", "AttributeError", "`.append` behind a value"),
    ("[].push(1)", "AttributeError", "no `.push` behind a `list`"),
    ("import math\nmath.squareroot(2)", "AttributeError", "`math`"),
    ("int('twelve')", "ValueError", "`'twelve'` does not look like one"),
    ("float('3,5')", "ValueError", "with a point"),
    ("a, b = 1, 2, 3", "ValueError", "2 names"),
    ("a, b = [1]", "ValueError", "only 1"),
    ("[].remove(1)", "ValueError", "not there"),
    ("1 / 0", "ZeroDivisionError", "divided by zero"),
    ("1 % 0", "ZeroDivisionError", "divided by zero"),
    ("import no_such_module", "ModuleNotFoundError", "`no_such_module`"),
    ("from math import squareroot", "ImportError", "nothing in it is called `squareroot`"),
    ("open('no such file.txt')", "FileNotFoundError", "`'no such file.txt'`"),
    ("def f(): f()\nf()", "RecursionError", "called itself"),
    ("b'\\xff'.decode('utf-8')", "UnicodeDecodeError", "`utf-8`"),
    ("assert 1 == 2", "AssertionError", "must be true"),
    ("next(iter([]))", "StopIteration", "none left"),
    ("10.0 ** 400", "OverflowError", "too large"),
    ("import signal\nsignal.default_int_handler(2, None)", "KeyboardInterrupt", "no mistake"),
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


def test_the_table_covers_twenty_kinds_of_errors() -> None:
    """They are counted by the real errors above."""
    assert len({name for _, name, _ in REAL}) >= 20


@pytest.mark.parametrize("entry", [e for e in ENTRIES if re.search(r"# \w+Error", e.example)])
def test_each_example_raises_the_error_that_it_explains(
    entry: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The example fails as its comment says, and its own entry is the one that explains it."""
    monkeypatch.chdir(tmp_path)
    error = shared(raised(entry.example))["error"]
    assert f"# {error['name']}" in entry.example
    assert entry.explain(error["name"], error["message"]) is not None
    told = explain(ENTRIES, error["name"], error["message"])
    assert told == entry.explain(error["name"], error["message"])


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
    assert "You shared 2 lines of code. I cannot read or run code" in said
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


def test_words_of_a_learners_cannot_hold_up_the_table_nor_break_its_form() -> None:
    """A message of 16 KiB that takes long to match is unknown; backticks are replaced."""
    hostile = "() missing " * 1_500
    assert explain(ENTRIES, "TypeError", hostile) is None
    told = explain(ENTRIES, "NameError", "name 'a`\n# b' is not defined")
    assert told is not None
    assert "`a' # b`" in told
