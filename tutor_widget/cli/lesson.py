"""For authors of lessons: `tutor-widget lesson FILE` checks a lesson, then plays it.

With ``--messages`` it says what the tutor takes each of a list of messages for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from tutor_widget.markup.plain import printable
from tutor_widget.server.settings import BadSetting
from tutor_widget.server.tutors.course import Course, load_course
from tutor_widget.server.tutors.lesson import LessonTutor
from tutor_widget.server.tutors.lesson.catalogue import load_lessons
from tutor_widget.server.tutors.lesson.trial import Trial
from tutor_widget.server.tutors.tables import COURSE_FILE, read_all
from tutor_widget.server.tutors.watched_course import load_beside
from tutor_widget.textfile import read_text

from .keyboard import typed

HEAD: Final = "step\texpected\tmessage"
"""The first line that a list of messages may have."""


def run(argv: list[str]) -> int:
    """Check the lesson, then play it or read messages. Returns 1 for what is not as expected.

    Raises BadSetting, with a line for each fault of the lesson, and of the course beside it.
    """
    given = _parser().parse_args(argv)
    for line in _checked(given.file):
        _print(line)
    if given.check or given.file.name == COURSE_FILE:
        return 0
    # An author plays in closed hours, too.
    trial = Trial(LessonTutor(given.file, pace=0, course=Course()), given.lang)
    with asyncio.Runner() as runner:
        if given.messages is not None:
            return runner.run(_read(trial, read_messages(given.messages, given.step)))
        if sys.stdin.isatty():
            _play(runner, trial, given.step)
    return 0


def _checked(file: Path) -> list[str]:
    """What is said of each lesson without faults, and of the course beside them; or of the course
    that the file is."""
    if file.name == COURSE_FILE:
        return _checked_course(load_course(file))
    folder = file if file.is_dir() else file.parent
    readings: list[Callable[[], list[str]]] = [partial(_checked_lessons, file)]
    if folder.is_dir():
        readings.append(lambda: _checked_course(load_beside(folder)))
    return [line for lines in read_all(readings) for line in lines]


def _checked_lessons(file: Path) -> list[str]:
    return [
        f"{lesson.name}: “{lesson.title}”, {_count(len(lesson.steps), 'step')}. No faults found."
        for lesson in load_lessons(file).values()
    ]


def _checked_course(course: Course | None) -> list[str]:
    if course is None:
        return []
    counts = _count(len(course.closed), "closing"), _count(len(course.material), "file")
    title = f"“{course.title}”, " if course.title else ""
    return [f"{COURSE_FILE}: {title}{', '.join(counts)}. No faults found."]


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("tutor-widget lesson")
    parser.add_argument("file", type=Path, help="a lesson, a folder of lessons, or course.toml")
    parser.add_argument("--check", action="store_true", help="check only, do not play")
    parser.add_argument("--step", type=int, default=1, metavar="N", help="begin at this step")
    parser.add_argument("--lang", help="the learner's language, such as de")
    parser.add_argument(
        "--messages",
        type=Path,
        metavar="FILE",
        help="say what each message of this file is taken for: one a line, or with tabs between "
        "step, what is expected, and message",
    )
    return parser


# --- playing ----------------------------------------------------------------------------------


def _play(runner: asyncio.Runner, trial: Trial, step: int) -> None:
    """Talk to the tutor until the input ends. A change of the lesson's file counts at once."""
    logging.getLogger("tutor_widget.server").addHandler(_Faults(logging.WARNING))
    text, state = runner.run(trial.begin(step))
    _print("Ctrl+D ends it.")
    _show(text, state)
    for message in filter(str.strip, typed()):
        text = runner.run(trial.say(message, state))
        _show(text, state)


def _show(text: str, state: dict[str, Any]) -> None:
    _print(f"\n{text}\n")
    if chips := state.get("suggestions"):
        _print(f"[{' · '.join(chips)}]")


class _Faults(logging.Handler):
    """Shows why a changed file is not taken."""

    def emit(self, record: logging.LogRecord) -> None:
        fields = getattr(record, "fields", {})
        print(printable(str(fields.get("reason", record.getMessage()))), file=sys.stderr)


# --- reading messages -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said at a step, and what the tutor should take it for; ``""``: not given."""

    step: int
    expected: str
    text: str

    def agrees(self, kind: str) -> bool:
        """Whether it is as expected. Of ``either`` any reading is."""
        return self.expected in {"", "either", kind}


def read_messages(path: Path, step: int = 1) -> list[Message]:
    """The messages of a file. A line is a message alone, which is said at ``step``; or, with tabs
    between them, ``step, message`` or ``step, expected, message``.

    A message is plain text or a JSON string. Raises BadSetting for a step that is no number,
    UnreadableFile for the file.
    """
    lines = enumerate(read_text(path).split("\n"), 1)
    return [
        _message(f"{path.name}, line {number}", line, step)
        for number, line in lines
        if line.strip() and line.strip() != HEAD
    ]


def _message(place: str, line: str, step: int) -> Message:
    first, tab, rest = line.partition("\t")
    if not tab:
        return Message(step, "", _text(line))
    expected, tab, text = rest.partition("\t")
    if not first.strip().isdecimal():
        raise BadSetting(
            f"{place}: {first.strip()!r} is no step. Before the first tab stands a step's number; "
            "write a message that contains a tab as a JSON string."
        )
    return Message(int(first), expected.strip() if tab else "", _text(text if tab else rest))


def _text(written: str) -> str:
    try:
        text = json.loads(written)
    except ValueError:
        return written.strip()
    return text if isinstance(text, str) else written.strip()


async def _read(trial: Trial, messages: list[Message]) -> int:
    """Print what each is taken for, and how many of each class are as expected."""
    asked, agreed = Counter[str](), Counter[str]()
    _print(f"{'step':4}  {'taken for':15}  {'expected':15}  message")
    for message in messages:
        _, state = await trial.begin(message.step)
        kind = (await trial.read(message.text, state)).kind
        agrees = message.agrees(kind)
        asked[message.expected] += 1
        agreed[message.expected] += agrees
        mark = " " if agrees else "!"
        _print(f"{message.step:4}  {kind:15} {mark}{message.expected:15}  {_shown(message.text)}")
    for line in _summary(asked, agreed):
        _print(line)
    return 0 if asked == agreed else 1


def _summary(asked: Counter[str], agreed: Counter[str]) -> Iterator[str]:
    for expected, count in sorted(asked.items()):
        if expected:
            yield f"{expected}: {agreed[expected]} of {count} as expected"


def _shown(message: str) -> str:
    """A message on one line, its invisible characters as escapes."""
    quoted = json.dumps(message, ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in quoted)


def _print(line: str) -> None:
    print(printable(line), flush=True)
