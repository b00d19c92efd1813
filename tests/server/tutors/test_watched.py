"""Lessons that a teacher changes while the server runs."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.lessons import LESSON
from tests.support.servers.peers import peer
from tests.support.servers.processes import Tutor
from tutor_widget.server import BadSetting, Turn
from tutor_widget.server.tutors import watched
from tutor_widget.server.tutors.lesson import LessonTutor
from tutor_widget.server.tutors.watched import Watched


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one lesson."""
    folder = tmp_path / "lessons"
    folder.mkdir()
    (folder / "small.toml").write_text(LESSON)
    return folder


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every message looks."""
    monkeypatch.setattr(watched, "INTERVAL", 0)


def names(folder: Path) -> Watched[list[str]]:
    """The names of a folder's files, as what is loaded; a file with "faulty" in it is a fault."""

    def load() -> list[str]:
        for path in folder.rglob("*.toml"):
            if "faulty" in path.read_text():
                raise BadSetting(f"{path.name}: faulty.")
        return sorted(path.stem for path in folder.rglob("*.toml"))

    return Watched(load, [folder], "lessons")


@pytest.mark.usefixtures("at_once")
async def test_changed_new_and_deleted_files_are_seen(folder: Path) -> None:
    """Also those of a subfolder, which hold translations; one look is enough."""
    lessons = names(folder)
    first = await lessons.current()
    assert first == ["small"]
    (folder / "de").mkdir()
    (folder / "de" / "klein.toml").write_text(LESSON)
    assert await lessons.current() == ["klein", "small"]
    (folder / "small.toml").unlink()
    second = await lessons.current()
    assert second == ["klein"]
    (folder / "de" / "klein.toml").write_text(LESSON + "# longer")
    third = await lessons.current()
    assert third == second
    assert third is not second
    assert await lessons.current() is third


@pytest.mark.usefixtures("at_once")
async def test_a_faulty_file_changes_nothing_and_is_logged_once(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As a warning with the sentence, for each change; half of a file is taken again."""
    lessons = names(folder)
    first = await lessons.current()
    for text in ("faulty", "faulty still"):
        (folder / "half.toml").write_text(text)
        for _ in range(3):
            assert await lessons.current() is first
            assert lessons.fault == "half.toml: faulty."
    said = [record for record in caplog.records if record.message == "lessons refused"]
    assert [record.levelno for record in said] == [logging.WARNING] * 2
    assert [record.__dict__["fields"] for record in said] == [{"reason": "half.toml: faulty."}] * 2
    (folder / "half.toml").write_text(LESSON)
    assert await lessons.current() == ["half", "small"]
    assert lessons.fault == ""


@pytest.mark.usefixtures("at_once")
async def test_no_file_makes_a_message_fail(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What loading raises besides its own error is logged once, and changes nothing."""

    def load() -> list[str]:
        names = sorted(path.stem for path in folder.glob("*.toml"))
        if "odd" in names:
            raise OverflowError("a word of the file")
        return names

    lessons = Watched(load, [folder], "lessons")
    (folder / "odd.toml").write_text("")
    for _ in range(3):
        assert await lessons.current() == ["small"]
    (said,) = [record for record in caplog.records if record.message == "lessons refused"]
    assert said.levelno == logging.ERROR
    assert said.__dict__["fields"]["error"] == "OverflowError"
    assert "a word of the file" not in str(said.__dict__["fields"])


@pytest.mark.usefixtures("at_once")
async def test_a_folder_that_is_gone_changes_nothing(folder: Path) -> None:
    """It may be renamed for a moment; messages are answered meanwhile."""
    tutor = LessonTutor(folder, pace=0)
    away = folder.with_name("away")
    shutil.move(folder, away)
    assert "One?" in await tutor.greeting({})
    shutil.move(away, folder)
    (folder / "small.toml").write_text(LESSON.replace("One?", "Uno?"))
    assert "Uno?" in await tutor.greeting({})


async def test_a_hundred_messages_look_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look is due after the interval, also for messages that come together."""
    monkeypatch.setattr(watched, "INTERVAL", 3600)
    lessons = names(folder)
    looks: list[None] = []
    look = Watched._look

    def look_noted(self: Watched[list[str]]) -> object:
        looks.append(None)
        return look(self)

    monkeypatch.setattr(Watched, "_look", look_noted)
    await asyncio.gather(*(lessons.current() for _ in range(50)))
    for _ in range(50):
        await lessons.current()
    assert len(looks) == 1


@pytest.mark.usefixtures("at_once")
async def test_a_stopped_message_does_not_end_the_looking(folder: Path) -> None:
    """The next message sees the change."""
    lessons = names(folder)
    (folder / "new.toml").write_text(LESSON)
    stopped = asyncio.ensure_future(lessons.current())
    await asyncio.sleep(0)
    stopped.cancel()
    await asyncio.gather(stopped, return_exceptions=True)
    assert await lessons.current() == ["new", "small"]


@pytest.mark.usefixtures("at_once")
async def test_a_changed_errors_file_is_seen(folder: Path, tmp_path: Path) -> None:
    """The next error is explained with it."""
    errors = tmp_path / "errors.toml"
    errors.write_text('[[errors]]\nname = "MotorError"\nmeaning = "Old."\nlook = "L."\n')
    tutor = LessonTutor(folder, 0, errors)
    state: dict[str, object] = {}
    await tutor.greeting(state)

    async def explanation() -> str:
        context = {"error": {"name": "MotorError", "message": "", "traceback": ""}}
        turn = Turn("help", context, state)
        return "".join([piece async for piece in tutor.reply(turn)])

    assert "Old." in await explanation()
    errors.write_text('[[errors]]\nname = "MotorError"\nmeaning = "Newer."\nlook = "L."\n')
    assert "Newer." in await explanation()


@pytest.mark.timeout(180)
async def test_a_running_server_sees_a_changed_lesson(folder: Path, tmp_path: Path) -> None:
    """Without a restart; a faulty file is in its log, and the lessons go on."""
    options = (f"--lessons={folder}", "--pace=0", "--rate=0")
    with Tutor(tmp_path / "db", *options) as server:
        async with peer(server.url) as client:
            await client.hello()
            (folder / "small.toml").write_text(LESSON.replace("One?", "Uno?"))
            asked = itertools.count(1)

            async def again() -> str:
                name = f"m{next(asked)}"
                await client.say("send", id=name, text="again")
                return str((await client.answer(name))["text"])

            while "Uno?" not in await again():
                pass
            (folder / "small.toml").write_text("title =")
            while not (refused := lines(server, "lessons refused")):
                assert "Uno?" in await again()
            assert "Uno?" in await again()
        assert refused[0]["level"] == "warning"
        assert refused[0]["reason"].startswith("small.toml: ")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
@pytest.mark.timeout(180)
async def test_a_hostile_file_stops_no_message(folder: Path, tmp_path: Path) -> None:
    """A pipe, a number without end, a gigantic text and a deep key, beside a server that runs."""
    step = 'question = "Q"\nhints = ["H"]\nexplanation = "E"\n'
    attacks: list[Callable[[Path], object]] = [
        os.mkfifo,
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.write_text(f'title = "T"\n[[steps]]\n{step}number = 1{"0" * 400}\n'),
        lambda path: path.write_text('title = "' + "x" * 50_000_000 + '"'),
        lambda path: path.write_text(".".join("a" * 400_000) + " = 1"),
    ]
    options = (f"--lessons={folder}", "--pace=0", "--rate=0")
    with Tutor(tmp_path / "db", *options) as server:
        async with peer(server.url) as client:
            await client.hello()
            asked = itertools.count(1)
            for count, attack in enumerate(attacks, 1):
                attack(folder / "attack.toml")
                while len(lines(server, "lessons refused")) < count:
                    name = f"m{next(asked)}"
                    await client.say("send", id=name, text="again")
                    answer = await client.answer(name)
                    assert (answer["status"], "One?" in answer["text"]) == ("complete", True)
                (folder / "attack.toml").unlink()
                while len(lines(server, "lessons read anew")) < count:
                    name = f"m{next(asked)}"
                    await client.say("send", id=name, text="again")
                    await client.answer(name)


def lines(server: Tutor, event: str) -> list[dict[str, Any]]:
    return [line for line in server.log_records() if line["event"] == event]
