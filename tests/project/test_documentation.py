"""What users may rely on is a list: the names of the package are those of its documentation."""

from __future__ import annotations

import re

import anywidget

import tutor_widget
from tests.support.paths import ROOT
from tutor_widget import TutorChat, server

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


def named(name: str, page: str) -> bool:
    """Whether a page writes the name as code, alone or in an example."""
    code = re.findall(r"```.*?```|`[^`\n]+`", page, re.DOTALL)
    return any(re.search(rf"\b{name}\b", piece) for piece in code)
