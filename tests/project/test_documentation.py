"""What users may rely on is a list: the names of the package are those of its documentation."""

from __future__ import annotations

import dataclasses
import inspect
import re
import tomllib
from pathlib import Path
from types import ModuleType

import anywidget
import pytest

import tutor_widget
from tests.support.paths import ROOT
from tutor_widget import TutorChat, server
from tutor_widget.cli import lesson
from tutor_widget.server import Greeter, Turn, Tutor, auth, store, tutors
from tutor_widget.server.options import ALIASES
from tutor_widget.server.tutors import course
from tutor_widget.server.tutors.lesson import catalogue
from tutor_widget.server.tutors.model import OpenAITutor

PYTHON = (ROOT / "docs" / "python.md").read_text("utf-8")
TUTORS = (ROOT / "docs" / "tutors.md").read_text("utf-8")
OPERATING = (ROOT / "docs" / "operating.md").read_text("utf-8")


def test_every_public_name_is_documented() -> None:
    """Each name of `tutor_widget.__all__` stands in docs/python.md."""
    assert [name for name in tutor_widget.__all__ if not named(name, PYTHON)] == []


def test_every_documented_error_and_class_exists() -> None:
    """What docs/python.md writes in code with a capital letter is a public name or Python's own."""
    classes = set(re.findall(r"`([A-Z][a-z]\w+)(?:\(|`)", PYTHON))
    assert classes
    known = {*tutor_widget.__all__, "Event", "True", "None"}
    assert classes - known == set()


def test_every_public_member_of_a_chat_is_documented() -> None:
    """What `TutorChat` adds to a widget stands in docs/python.md, and nothing else does."""
    documented = set(re.findall(r"`(?:await )?chat\.(\w+)", PYTHON))
    inherited = set(dir(anywidget.AnyWidget))
    own = {
        name
        for kind in TutorChat.__mro__
        if kind.__module__.startswith("tutor_widget")
        for name in vars(kind)
        if not name.startswith("_") and (name not in inherited or name == "close")
    }
    assert documented == own


def test_every_public_name_of_the_server_is_documented() -> None:
    """Each name of `tutor_widget.server.__all__` stands in docs/tutors.md or docs/operating.md."""
    pages = TUTORS + OPERATING
    assert [name for name in server.__all__ if not named(name, pages)] == []


@pytest.mark.parametrize("module", [tutors, auth, store], ids=lambda module: module.__name__)
def test_every_name_of_a_contract_is_documented(module: ModuleType) -> None:
    """The row of the module in docs/operating.md has its `__all__`, and no other name."""
    (row,) = re.findall(rf"^\| `{re.escape(module.__name__)}` \|(.*)$", OPERATING, re.MULTILINE)
    names = re.findall(r"`(\w+)`", row)
    assert sorted(names) == sorted(module.__all__)


def test_every_documented_name_of_the_server_exists() -> None:
    """What the table of names in docs/operating.md lists is what `tutor_widget.server` exports."""
    (table,) = re.findall(
        r"^\| name \| what it is \|\n\|---\|---\|\n((?:\|.*\n)+)", OPERATING, re.MULTILINE
    )
    listed = {
        name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    assert listed == set(server.__all__)


def test_every_key_of_a_lesson_is_documented() -> None:
    """The tables of docs/tutors.md have each key that the loader knows."""
    section = TUTORS.partition("## A lesson of your own\n")[2].partition("\n### ")[0]
    rows = set(re.findall(r"^\| (?:… |or )?`(\w+)` \|", section, re.MULTILINE))
    assert (catalogue._LESSON_KEYS | catalogue._STEP_KEYS) - rows == set()


def test_every_option_of_the_model_tutor_is_documented() -> None:
    """Its section in docs/operating.md has each, and no other."""
    section = OPERATING.partition("## A tutor with a model\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`--OpenAITutor.*?) \|", section, re.MULTILINE)
    listed = {name for row in rows for name in re.findall(r"(\w+)`", row)}
    assert listed == OpenAITutor.class_own_traits(config=True).keys() - {"model", "url"}


def test_every_key_of_a_course_is_documented(tmp_path: Path) -> None:
    """In the table of docs/tutors.md, which has no other, and in its example, which is right."""
    section = TUTORS.partition("## A course\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?`) \|", section, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(rows))) == course._KEYS
    text = section.partition("```toml\n")[2].partition("```")[0]
    assert tomllib.loads(text).keys() == course._KEYS - {"guard", "hold_say"}
    (tmp_path / "course.toml").write_text(text)
    (tmp_path / "week-3").mkdir()
    for name in ("words.md", "week-3/loops.md"):
        (tmp_path / name).write_text("Words.")
    assert len(course.load_course(tmp_path / "course.toml").closed) == 1


def test_every_option_of_the_server_is_documented() -> None:
    """The table of docs/operating.md has each option that traitlets does not bring along."""
    section = OPERATING.partition("## Options\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\|([^|]*`--[^|]*)\|", section, re.MULTILINE)
    assert ALIASES.keys() - set(re.findall(r"`--([\w-]+)`", " ".join(rows))) == set()


def test_every_option_of_the_tool_for_lessons_is_documented() -> None:
    """The table of docs/tutors.md has each option of `tutor-widget lesson`."""
    section = TUTORS.partition("### Checking and playing a lesson\n")[2].partition("\n### ")[0]
    listed = set(re.findall(r"^\| `(--\w+)", section, re.MULTILINE))
    assert listed == set(re.findall(r"--\w+", lesson._parser().format_help())) - {"--help"}


def test_what_a_tutor_gets_is_documented() -> None:
    """The members of `Turn` are those that docs/tutors.md describes."""
    documented = set(re.findall(r"\bturn\.(\w+)", TUTORS))
    members = {field.name for field in dataclasses.fields(Turn)} - {
        "load_history",
        "load_spent",
        "load_reported",
    } | {"history", "spent", "reported"}
    assert documented == members


def test_a_tutor_has_the_documented_methods() -> None:
    """A tutor has `reply` and may have `greeting`, with the arguments of docs/tutors.md."""
    for contract, name in ((Tutor, "reply"), (Greeter, "greeting")):
        method = getattr(contract, name)
        arguments = ", ".join(
            one.name if one.default is one.empty else f"{one.name}={one.default}"
            for one in inspect.signature(method).parameters.values()
        )
        assert f"{name}({arguments})" in TUTORS
        own = {name for name in vars(contract) if not name.startswith("_")}
        assert own == {name}


def named(name: str, page: str) -> bool:
    """Whether a page writes the name as code, alone or in an example."""
    code = re.findall(r"```.*?```|`[^`\n]+`", page, re.DOTALL)
    return any(re.search(rf"\b{name}\b", piece) for piece in code)
