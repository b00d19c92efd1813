"""What a hub's scopes make of its user."""

from __future__ import annotations

from pathlib import Path

import pytest

from tutor_widget.dashboard.auth.scopes import READ, WRITE, read_groups, teacher_of
from tutor_widget.dashboard.roles import EVERY, Teacher
from tutor_widget.server.settings import BadSetting


def of(*scopes: str) -> Teacher:
    return teacher_of("lovelace", scopes)


def test_a_filter_names_the_group() -> None:
    """Without one the scope is for all."""
    teacher = of(f"{READ}!group=7b", f"{READ}!group=8 a", f"{WRITE}!group=7b", "access:services")
    assert teacher == Teacher("lovelace", frozenset({"7b", "8 a"}), frozenset({"7b"}))
    assert of(READ) == Teacher("lovelace", frozenset({EVERY}))


@pytest.mark.parametrize(
    "scope",
    [
        f"{READ}!user=ada",
        f"{READ}!user",
        f"{READ}!server=ada/",
        f"{READ}!group=",
        f"{READ}!group=*",
        f"{READ}!",
        f"{READ}ing",
        "read:users",
        "custom:tutor",
    ],
)
def test_any_other_scope_gives_nothing(scope: str) -> None:
    """In doubt nobody is seen."""
    assert of(scope).is_stranger


def test_a_table_narrows_what_scopes_give() -> None:
    """A teacher has the groups that both give."""
    table = {"7b": frozenset({"lovelace"}), "8a": frozenset({"babbage"})}
    assert teacher_of("lovelace", [READ], table).reads == {"7b"}
    assert teacher_of("lovelace", [f"{READ}!group=8a"], table).is_stranger
    assert teacher_of("turing", [READ, WRITE], table).is_stranger
    all_ = {"*": frozenset({"lovelace"})}
    assert teacher_of("lovelace", [f"{READ}!group=8a"], all_).reads == {"8a"}
    assert teacher_of("lovelace", [READ], all_).reads == {EVERY}


def test_a_name_is_one_that_a_notice_can_show() -> None:
    """A learner's client refuses a longer one, each time that it reads the log."""
    teacher = teacher_of("l" * 200, [READ], {"7b": frozenset({"l" * 200})})
    assert teacher.name == "l" * 80
    assert teacher.reads == {"7b"}


def test_a_table_is_read_from_a_file(tmp_path: Path) -> None:
    """TOML: the teachers of each group."""
    path = tmp_path / "groups.toml"
    path.write_text('7b = ["lovelace"]\n"*" = ["babbage"]\n')
    assert read_groups(path) == {"7b": frozenset({"lovelace"}), "*": frozenset({"babbage"})}


@pytest.mark.parametrize("text", ["", "7b = 'lovelace'", "7b = [1]", "7b ="])
def test_a_faulty_table_is_named(tmp_path: Path, text: str) -> None:
    """With its path."""
    path = tmp_path / "groups.toml"
    path.write_text(text)
    with pytest.raises(BadSetting, match=r"groups\.toml"):
        read_groups(path)
