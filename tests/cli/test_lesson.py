"""The tool for authors of lessons, as an author runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.lessons import LESSON
from tests.support.terminal import CTRL_D, OnTerminal
from tutor_widget import cli
from tutor_widget.cli.lesson import Message, read_messages
from tutor_widget.server import BadSetting

COMMAND = [sys.executable, "-c", "import sys; from tutor_widget.cli import main; sys.exit(main())"]
UTF_8 = {"PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    """A lesson of two steps."""
    path = tmp_path / "small.toml"
    path.write_text(LESSON)
    return path


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    """The place of a list of messages."""
    return tmp_path / "messages.tsv"


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `tutor-widget lesson` without a terminal."""
    return subprocess.run(
        [*COMMAND, "lesson", *map(str, arguments)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=os.environ | environment,
        timeout=60,
        check=False,
    )


def test_a_lesson_without_faults_is_said_to_be_so(lesson: Path) -> None:
    """Without a terminal, or with --check, it is not played."""
    for done in (run(lesson), run(lesson, "--check"), run(lesson.parent)):
        assert done.returncode == 0
        assert done.stdout == "small: “Small”, 2 steps. No faults found.\n"


def test_every_fault_of_a_lesson_is_said(lesson: Path) -> None:
    """On stderr, with file, step and key, and the exit status is 1."""
    lesson.write_text(LESSON.replace("hints", "hnits"))
    done = run(lesson)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "tutor-widget: small.toml, step 1, key 'hnits': unknown; did you mean 'hints'.",
        "small.toml, step 2, key 'hnits': unknown; did you mean 'hints'.",
    ]


def test_the_course_beside_a_lesson_is_checked(lesson: Path) -> None:
    """Its faults are said with those of the lessons; without faults it has a line of its own."""
    course = lesson.with_name("course.toml")
    course.write_text('title = "P1"\nguard = "no"')
    lesson.write_text(LESSON.replace("title", "titel"))
    for named in (lesson, lesson.parent):
        done = run(named)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.splitlines() == [
            "tutor-widget: small.toml, key 'titel': unknown; did you mean 'title'.",
            "course.toml, key 'guard': true or false is required.",
        ]
    lesson.write_text(LESSON)
    course.write_text('title = "P1"')
    assert run(lesson, "--check").stdout.splitlines() == [
        "small: “Small”, 2 steps. No faults found.",
        "course.toml: “P1”, 0 closings, 0 files. No faults found.",
    ]
    course.write_text("")
    assert run(course).stdout == "course.toml: 0 closings, 0 files. No faults found.\n"
    course.unlink()
    done = run(course)
    assert done.returncode == 1
    assert "cannot be read" in done.stderr


def test_an_author_plays_in_closed_hours(lesson: Path, messages: Path) -> None:
    """The exam of others is no reason to stop the author of its lessons."""
    always = "from = 2000-01-01T00:00:00Z, to = 2999-01-01T00:00:00Z"
    lesson.with_name("course.toml").write_text(f'closed = [{{{always}, why = "exam"}}]')
    messages.write_text("1\tright\tyes")
    done = run(lesson, "--messages", messages)
    assert done.returncode == 0
    assert "right: 1 of 1 as expected" in done.stdout


def test_it_says_what_each_message_is_taken_for(
    lesson: Path, messages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what is expected beside it and a count for each class; 1 if one differs."""
    rows = ['1\tright\t"YES."', "1\twrong\tno", "2\tright\tb", "1\tcommand:hint\thint",
            "1\tcommand:skip\tskip", "1\tcommand:again\tagain", "1\tcommand:lessons\tlessons",
            "2\teither\tred or blue?", "2\tright\tred", "1\t\tyes"]  # fmt: skip
    messages.write_text("\n".join(["step\texpected\tmessage", *rows]))
    assert cli.main(["lesson", str(lesson), "--messages", str(messages)]) == 1
    said = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    assert said == [
        ["step", "taken", "for", "expected", "message"],
        ["1", "right", "right", '"YES."'],
        ["1", "wrong", "wrong", '"no"'],
        ["2", "right", "right", '"b"'],
        ["1", "command:hint", "command:hint", '"hint"'],
        ["1", "command:skip", "command:skip", '"skip"'],
        ["1", "command:again", "command:again", '"again"'],
        ["1", "command:lessons", "command:lessons", '"lessons"'],
        ["2", "talk", "either", '"red', "or", 'blue?"'],
        ["2", "wrong", "!right", '"red"'],
        ["1", "right", '"yes"'],
        "command:again: 1 of 1 as expected".split(),
        "command:hint: 1 of 1 as expected".split(),
        "command:lessons: 1 of 1 as expected".split(),
        "command:skip: 1 of 1 as expected".split(),
        "either: 1 of 1 as expected".split(),
        "right: 2 of 3 as expected".split(),
        "wrong: 1 of 1 as expected".split(),
    ]
    messages.write_text("\n".join(rows[:-2]))
    assert cli.main(["lesson", str(lesson), "--messages", str(messages)]) == 0


def test_a_list_of_messages_has_one_two_or_three_columns(messages: Path) -> None:
    """Plain text or a JSON string; a blank line and the head are passed over."""
    lines = [
        "step\texpected\tmessage",
        '2\ttalk\t"why?\\nwhy?"',
        "",
        "2\thint",
        " [1, 2] ",
        '"milk" in shopping',
        "8",
        '"a\\tb"',
    ]
    messages.write_text("\r\n".join(lines), encoding="utf-8-sig")
    assert read_messages(messages, step=3) == [
        Message(2, "talk", "why?\nwhy?"),
        Message(2, "", "hint"),
        Message(3, "", "[1, 2]"),
        Message(3, "", '"milk" in shopping'),
        Message(3, "", "8"),
        Message(3, "", "a\tb"),
    ]
    messages.write_text("1\tx\nfirst\tright\tx")
    with pytest.raises(BadSetting, match=r"messages.tsv, line 2: 'first' is no step"):
        read_messages(messages)


def test_a_step_that_is_not_there_is_said(
    lesson: Path, messages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr, and the exit status is 1."""
    for step in (0, 3):
        messages.write_text(f"{step}\tyes")
        assert cli.main(["lesson", str(lesson), "--messages", str(messages)]) == 1
        said = capsys.readouterr().err
        assert said == f"tutor-widget: There is no step {step}: the lesson has 2.\n"


def test_what_the_terminal_cannot_show_is_a_question_mark(lesson: Path, messages: Path) -> None:
    """Invisible and control characters of a message are escapes."""
    lesson.write_text(LESSON.replace("Small", "Größe 🙂 → \\u001b[31m"), encoding="utf-8")
    messages.write_text('"wh\\u200bile \\u001b ü"')
    done = run(lesson, "--messages", messages, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    title, _, message = done.stdout.splitlines()
    assert title == "small: ?Gr??e ? ? ?[31m?, 2 steps. No faults found."
    assert message.endswith('"wh\\u200bile \\u001b ?"')


def test_a_lesson_is_played_in_a_terminal(lesson: Path) -> None:
    """From the step named, with its chips; a changed file counts, a faulty one is said."""
    with OnTerminal([*COMMAND, "lesson", str(lesson), "--step", "2"], UTF_8) as terminal:
        shown = terminal.until(" · Hint · ")
        assert "Two?" in shown
        assert "One?" not in shown
        terminal.until(">")
        lesson.write_text(LESSON.replace("Two?", "Due?"))
        said = ""
        while "Due?" not in said:
            terminal.press("again\r")
            said = terminal.until(" · Hint · ")
        lesson.write_text("title =")
        while "small.toml: Invalid value" not in said:
            terminal.press("again\r")
            said = terminal.until(" · Hint · ")
        terminal.press(CTRL_D)
        assert terminal.end() == 0
