"""The files of teachers: how they are found, and what is said about a faulty one."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.growth import cost
from tests.support.lessons import LESSON
from tutor_widget.server import BadSetting
from tutor_widget.server.auth import read_tokens
from tutor_widget.server.tutors.lesson.catalogue import load_lesson, load_lessons
from tutor_widget.server.tutors.lesson.errors import load_entries
from tutor_widget.server.tutors.tables import MOST_BYTES, MOST_PARTS, load_table

ERRORS = '[[errors]]\nname = "E"\nmeaning = "M."\nlook = "L."\n'
LOADERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a lesson": (load_lesson, LESSON),
    "an errors file": (load_entries, ERRORS),
    "a token": (read_tokens, "one-token\n"),
    "a class list": (read_tokens, "ada t1\nalan t2\n"),
}
EVERY = pytest.mark.parametrize(("load", "text"), LOADERS.values(), ids=LOADERS)


@EVERY
def test_notepad_s_utf_8_is_read(tmp_path: Path, load: Callable[[Path], object], text: str) -> None:
    """A byte order mark and CRLF change nothing of what is loaded."""
    path = tmp_path / "mine.toml"
    path.write_bytes(text.encode())
    plain = load(path)
    path.write_bytes(codecs.BOM_UTF8 + text.replace("\n", "\r\n").encode())
    assert load(path) == plain


@EVERY
def test_another_encoding_is_a_sentence(
    tmp_path: Path, load: Callable[[Path], object], text: str
) -> None:
    """It names the file and the encoding, and says what to do."""
    path = tmp_path / "mine.toml"
    for encoding, name in (("utf-16", "UTF-16"), ("cp1252", "ANSI")):
        path.write_bytes(f"# für alle\n{text}".encode(encoding))
        with pytest.raises(BadSetting) as caught:
            load(path)
        said = str(caught.value)
        assert "mine.toml" in said
        assert name in said
        assert said.endswith("Save it as UTF-8.")


def test_hidden_files_and_backups_are_passed_over(tmp_path: Path) -> None:
    """Those of macOS and of editors are no lessons, whatever they hold."""
    for name in ("loops.toml", "LISTS.TOML"):
        (tmp_path / name).write_text(LESSON)
    for name in ("._loops.toml", ".#loops.toml", "#loops.toml#", "~$loops.toml", "loops.toml~"):
        (tmp_path / name).write_bytes(b"\0\5\x16\7")
    (tmp_path / ".#gone.toml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.toml").mkdir()
    assert list(load_lessons(tmp_path)) == ["LISTS", "loops"]


def test_one_file_is_a_folder_of_one_lesson(tmp_path: Path) -> None:
    """So one lesson can be checked and played alone."""
    (tmp_path / "loops.toml").write_text(LESSON)
    (tmp_path / "other.toml").write_text("faulty")
    assert list(load_lessons(tmp_path / "loops.toml")) == ["loops"]


def test_a_file_about_the_course_by_another_name_is_no_lesson(tmp_path: Path) -> None:
    """What is missing for one is said, and how the other is named."""
    (tmp_path / "kurs.toml").write_text('title = "P1"\nrules = "Be kind."')
    with pytest.raises(BadSetting, match=r"\[\[steps\]\] is required; .* is named course\.toml"):
        load_lessons(tmp_path)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("x = [{from = 2026-12-04T10:00}]", "as 2026-12-04T10:00:00"),
        ("x = 04.12.2026 10:00", "as 2026-12-04T10:00:00"),
        ("x = [{", "stands on one line"),
        ("x = “loops”", "straight quotes"),
        ("x = none", 'a text stands in quotes, as "loops"'),
        ("x = 3,5", "as 3.5"),
    ],
)
def test_a_usual_slip_is_named(tmp_path: Path, line: str, words: str) -> None:
    """With its line, behind what the TOML library says; in a file that it reads, nothing is."""
    path = tmp_path / "mine.toml"
    path.write_text(f"y = true\n{line}\nz = 2\n", encoding="utf-8")
    with pytest.raises(BadSetting, match=re.escape(words)) as caught:
        load_table(path)
    assert "See line 2: " in str(caught.value)
    path.write_text(f"y = true\nx = '''\n{line}'''\n", encoding="utf-8")
    assert load_table(path)["y"]


@pytest.mark.parametrize("text", ["= ", "={ ", "=1,1", "2026-12-04T10:00 ", "=[ "])
def test_a_long_line_is_looked_through_in_linear_time(tmp_path: Path, text: str) -> None:
    """Whatever it repeats."""
    path = tmp_path / "long.toml"

    def read() -> None:
        with pytest.raises(BadSetting):
            load_table(path)

    costs = []
    for times in (20_000, 80_000):
        path.write_text(f"x = 1\n{text * times}x")
        costs.append(cost(read))
    assert costs[1] < 8 * costs[0]


def test_all_faults_are_said_at_once(tmp_path: Path) -> None:
    """One of each step, in a line of its own, of every file."""
    (tmp_path / "a.toml").write_text(LESSON.replace("hints", "hnits"))
    (tmp_path / "b.toml").write_text(LESSON.replace("title", "tilte"))
    with pytest.raises(BadSetting) as caught:
        load_lessons(tmp_path)
    places = [line.partition(": ")[0] for line in str(caught.value).splitlines()]
    assert places == ["a.toml, step 1, key 'hnits'", "a.toml, step 2, key 'hnits'",
                      "b.toml, key 'tilte'"]  # fmt: skip


@pytest.mark.parametrize("number", ["1" + "0" * 400, "-1" + "0" * 400, "inf", "nan"])
def test_a_number_that_no_answer_can_be_is_a_fault(tmp_path: Path, number: str) -> None:
    """TOML's integers have any size, and those of Python's floats end at 308 digits."""
    path = tmp_path / "large.toml"
    path.write_text(
        'title = "T"\n[[steps]]\nquestion = "Q"\nhints = ["H"]\nexplanation = "E"\n'
        f"number = {number}\n"
    )
    with pytest.raises(
        BadSetting, match=r"^large\.toml, step 1, key 'number': a number is required"
    ):
        load_lesson(path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_is_not_read(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A pipe without a writer would be waited for, and a device may never end."""
    path = tmp_path / "odd.toml"
    make(path)
    with pytest.raises(BadSetting, match="is no file"):
        load_table(path)


def test_a_file_is_bounded(tmp_path: Path) -> None:
    """The server waits while a file is read."""
    path = tmp_path / "large.toml"
    path.write_text("#" * MOST_BYTES)
    assert load_table(path) == {}
    path.write_text("#" * (MOST_BYTES + 1))
    with pytest.raises(BadSetting, match="has more than 1,048,576 bytes"):
        load_table(path)


@pytest.mark.parametrize("part", ["a", '"a"', "'a'", "a ", "[a", '"a" '])
def test_a_key_has_few_parts(tmp_path: Path, part: str) -> None:
    """Python's parser takes the square of their number, which is hours for the largest file."""
    path = tmp_path / "deep.toml"
    closing = "]" if part.startswith("[") else " = 1"
    one = part.removeprefix("[")
    path.write_text("# a\n" + part + ("." + one) * (MOST_BYTES // 8) + closing)
    with pytest.raises(BadSetting, match=r"^deep\.toml: the key in line 2 has 200 parts or more"):
        load_table(path)
    path.write_text(part + ("." + one) * (MOST_PARTS - 2) + closing)
    load_table(path)


@pytest.mark.parametrize(
    "text",
    [
        "a.b.c = 1\n",
        '"',
        "a",
        "a ",
        ".",
        "a. ",
        " '' ",
        '"a" . ',
        "# one. two. three.\n",
        "[a.b]\n",
    ],
)
def test_the_time_for_a_file_grows_with_its_size(tmp_path: Path, text: str) -> None:
    """Whatever it repeats, TOML or not: eight times the text, at most twenty times the time."""

    def seconds(size: int) -> float:
        path = tmp_path / "growing.toml"
        path.write_text(text * (size // len(text)))

        def load() -> None:
            with contextlib.suppress(BadSetting):
                load_table(path)

        return cost(load)

    assert seconds(MOST_BYTES) < 20 * seconds(MOST_BYTES // 8)


@pytest.mark.parametrize(
    "text",
    ["x = " + "[" * 10_000, "x = " + "9" * 10_000, "x = 2026-13-45", "x = 1\nx = 2", "\x01"],
    ids=["nested", "long number", "no date", "twice", "control character"],
)
def test_no_file_gets_another_error_out(tmp_path: Path, text: str) -> None:
    """What the TOML library raises besides its own error is a sentence, too."""
    path = tmp_path / "odd.toml"
    path.write_text(text)
    with pytest.raises(BadSetting, match=r"^odd\.toml: "):
        load_table(path)
