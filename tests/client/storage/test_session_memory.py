"""Which session belongs to which notebook: what kernels on one home remember together."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.children import Child
from tutor_widget.client.storage import session_memory
from tutor_widget.client.storage.folders import data_folder
from tutor_widget.client.storage.session_memory import MOST_LEFT, SessionMemory, check_session
from tutor_widget.errors import Refused

SERVER, NOTEBOOK = "wss://tutor.example.org/", "lessons/one.ipynb"


def memory(folder: Path, notebook: str | None = NOTEBOOK) -> SessionMemory:
    """As another kernel of the notebook has it."""
    return SessionMemory(SERVER, notebook, folder)


def files(folder: Path) -> list[Path]:
    return sorted((folder / "sessions").iterdir())


def written_by_0_1(folder: Path, text: str) -> Path:
    """The notebook's file in the words of version 0.1."""
    memory(folder).remember("any")
    (path,) = files(folder)
    path.write_text(text)
    return path


def test_a_session_is_remembered_for_its_notebook_and_server(tmp_path: Path) -> None:
    """Another kernel finds it, with the time of its last use; another notebook does not."""
    before = time.time()
    memory(tmp_path).remember("one")
    found = memory(tmp_path).recall()
    assert found.session == "one"
    assert found.used_at is not None
    assert before <= found.used_at <= time.time()
    assert memory(tmp_path, "other.ipynb").recall().session != "one"
    assert SessionMemory("embedded", NOTEBOOK, tmp_path).recall().session != "one"


def test_what_was_remembered_under_an_earlier_name_goes_on(tmp_path: Path) -> None:
    """Until something is remembered under the new one, with what was left; once it is erased,
    nothing brings it back."""
    memory(tmp_path).remember("one")
    memory(tmp_path).leave("zero")
    renamed = SessionMemory(SERVER, "by its id", tmp_path, earlier=NOTEBOOK)
    assert renamed.recall().session == "one"
    assert renamed.left() == ["zero"]
    renamed.remember("two")
    memory(tmp_path).remember("three")
    assert renamed.recall().session == "two"
    renamed.forget("two")
    assert renamed.recall().session not in ("one", "two", "three")


def test_users_of_one_home_share_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub names them."""
    memory(tmp_path).remember("one")
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    assert memory(tmp_path).recall().session != "one"
    assert memory(tmp_path).left() == []


def test_without_a_notebook_nothing_is_remembered(tmp_path: Path) -> None:
    """Each call is harmless and makes no file."""
    nowhere = memory(tmp_path, None)
    nowhere.remember("one")
    nowhere.leave("one")
    nowhere.settle("one")
    nowhere.forget("one")
    assert nowhere.left() == []
    assert nowhere.recall().session != nowhere.recall().session
    assert list(tmp_path.iterdir()) == []


def test_files_are_private_and_their_names_tell_nothing(tmp_path: Path) -> None:
    """A session's id may be the key to it: it is in no name, and in no file that others read."""
    memory(tmp_path).remember("key-to-it")
    memory(tmp_path).leave("another-key")
    assert len(files(tmp_path)) == 2
    for path in files(tmp_path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "key" not in path.name
    assert stat.S_IMODE((tmp_path / "sessions").stat().st_mode) == 0o700


def test_a_session_in_use_is_written_once_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time serves to tell days apart; one that another replaced is written at once."""
    writes: list[str] = []
    write = SessionMemory._write

    def spy(self: SessionMemory, path: Path, session: str, at: float, *rest: Any) -> bool:
        if path.suffix == ".json":
            writes.append(session)
        return write(self, path, session, at, *rest)

    monkeypatch.setattr(SessionMemory, "_write", spy)
    now = time.time()
    clock = {"now": now}
    monkeypatch.setattr("time.time", lambda: clock["now"])
    one = memory(tmp_path)
    for _ in range(100):
        one.remember("one")
    assert writes == ["one"]
    memory(tmp_path).remember("two")
    one.remember("one")
    assert writes == ["one", "two", "one"]
    clock["now"] = now + 61
    one.remember("one")
    clock["now"] = now - 10_000  # the clock was set back
    one.remember("one")
    assert writes == ["one", "two", "one", "one", "one"]
    assert one.recall().used_at == now - 10_000


def test_what_could_not_be_written_is_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk raises nothing, leaves nothing behind, and is tried again with the next use."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    one = memory(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        one.remember("one")
        one.leave("left")
    assert files(tmp_path) == []
    one.remember("one")
    assert one.recall().session == "one"


def test_kernels_do_not_lose_each_others_sessions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any number may leave and settle sessions at any moment: each one counts.

    What another kernel has left besides is settled by the next, as it is when nothing waits.
    """
    count, rounds = 4, 25
    together = threading.Barrier(count)
    monkeypatch.setattr(session_memory, "MOST_LEFT", count * rounds)

    def use(kernel: int) -> None:
        mine = memory(tmp_path)
        together.wait()
        mine.remember(f"{kernel}-0")
        for turn in range(1, rounds):
            mine.leave(f"{kernel}-{turn - 1}")
            mine.remember(f"{kernel}-{turn}")
            if turn > 1:
                mine.settle(f"{kernel}-{turn - 1}")

    threads = [threading.Thread(target=use, args=(kernel,)) for kernel in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    waiting = {f"{kernel}-0" for kernel in range(count)}
    left = set(memory(tmp_path).left())
    assert waiting <= left
    for session in left - waiting:
        memory(tmp_path).settle(session)
    assert set(memory(tmp_path).left()) == waiting
    assert memory(tmp_path).recall().session.endswith(f"-{rounds - 1}")
    assert len(files(tmp_path)) == count + 1


def test_processes_do_not_lose_each_others_sessions(tmp_path: Path) -> None:
    """Two kernels of one notebook, each with conversations that it leaves."""
    with Child(tmp_path) as one, Child(tmp_path) as other:
        for name, child in (("one", one), ("other", other)):
            child.run("from tutor_widget.client.storage.session_memory import SessionMemory")
            child.run(f"memory = SessionMemory({SERVER!r}, {NOTEBOOK!r})")
            child.run(f"name = {name!r}")
        work = "[(memory.remember(f'{name}-{n}'), memory.leave(f'{name}-{n}')) for n in range(9)]"
        for child in (one, other):
            child.begin(work)
        for child in (one, other):
            child.end()
        expected = sorted(f"{name}-{n}" for name in ("one", "other") for n in range(9))
        assert sorted(one.run("memory.left()")) == expected
        one.run("memory.settle('other-3')")
        assert "other-3" not in other.run("memory.left()")


def test_the_newest_sessions_that_were_left_are_kept(tmp_path: Path) -> None:
    """Each stands for a click of a learner's; more than twenty are not looked after."""
    one = memory(tmp_path)
    for n in range(MOST_LEFT + 5):
        one.leave(f"s{n}")
    assert one.left() == [f"s{n}" for n in range(5, MOST_LEFT + 5)]
    assert len(files(tmp_path)) == MOST_LEFT


# --- several kernels of one notebook ------------------------------------------------------------


def test_a_session_that_another_kernel_replaces_is_left(tmp_path: Path) -> None:
    """Its kernel may have died with messages in it: they go out with the next kernel."""
    one, other = memory(tmp_path), memory(tmp_path)
    other.remember("first")
    one.leave("first")  # a click on "new"
    one.remember("second")
    one.settle("first")
    assert other.left() == []
    other.remember("first")  # the other kernel goes on with what it had
    assert other.recall().session == "first"
    assert memory(tmp_path).left() == ["second"]
    one.remember("second")
    assert (one.left(), one.recall().session) == (["second", "first"], "second")


def test_a_session_is_left_when_it_was_last_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is as new as its last use, also if it was left before that."""
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now)
    one = memory(tmp_path)
    for use, session in (("leave", "a"), ("leave", "b"), ("remember", "a"), ("remember", "c")):
        now += 100
        getattr(one, use)(session)
    assert one.left() == ["b", "a"]


def test_a_session_that_cannot_be_left_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk the record stays as it is, and no draft stays; the next use tries again."""
    one = memory(tmp_path)
    one.remember("one")
    fsync, count = os.fsync, 0

    def full(fd: int) -> None:
        nonlocal count
        count += 1
        if count == 2:  # the draft of the new record is on the disk
            raise OSError(28, "No space left on device")
        fsync(fd)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        one.remember("two")
    assert (one.recall().session, one.left(), len(files(tmp_path))) == ("one", [], 1)
    one.remember("two")
    assert (one.recall().session, one.left()) == ("two", ["one"])


@pytest.mark.parametrize("moment", ["before it is replaced", "while it is left", "after"])
def test_kernels_that_remember_at_once_leave_each_others_sessions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Whichever comes last is remembered; the other, and the one before, are left."""
    one, other = memory(tmp_path), memory(tmp_path)
    one.remember("before")
    calls = {"before it is replaced": 1, "while it is left": 2}.get(moment, 0)
    fsync, replace, count = os.fsync, Path.replace, 0

    def meanwhile() -> None:
        monkeypatch.setattr(os, "fsync", fsync)
        monkeypatch.setattr(Path, "replace", replace)
        other.remember("other")

    def sync(fd: int) -> None:
        nonlocal count
        fsync(fd)
        count += 1
        if count == calls:
            meanwhile()

    def late(path: Path, target: Path) -> Path:
        done = replace(path, target)
        if not calls and target.suffix == ".json":
            # The other looked before, and writes only now.
            target.write_text(json.dumps({"session": "other", "at": time.time()}))
        return done

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", late)
    one.remember("one")
    assert one.recall().session == ("one" if calls else "other")
    assert set(one.left()) == {"before", "other" if calls else "one"}


# --- what was erased ----------------------------------------------------------------------------


def test_an_erased_session_is_forgotten_and_no_other(tmp_path: Path) -> None:
    """Neither the one remembered by now nor those that were left."""
    one = memory(tmp_path)
    one.remember("one")
    one.leave("left")
    one.leave("erased")
    one.forget("erased")
    assert one.recall().session == "one"
    assert one.left() == ["left"]
    one.forget("one")
    assert one.recall().session != "one"
    assert one.left() == ["left"]
    assert len(files(tmp_path)) == 1


def test_an_erased_session_in_which_others_wait_is_left(tmp_path: Path) -> None:
    """It is not shown again; what waits in it is sent."""
    one = memory(tmp_path)
    one.remember("one")
    one.forget("one", True)
    assert one.recall().session != "one"
    assert one.left() == ["one"]
    one.settle("one")
    assert files(tmp_path) == []


@pytest.mark.parametrize("links", [True, False])
def test_a_session_that_comes_while_another_is_forgotten_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    """Another kernel remembers a new one between the look at the file and its going."""
    one, other = memory(tmp_path), memory(tmp_path)
    one.remember("erased")
    replace = Path.replace

    def late(path: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "replace", replace)
        other.remember("newer")
        return replace(path, target)

    def none(*_: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(Path, "replace", late)
    if not links:
        monkeypatch.setattr(os, "link", none)
    one.forget("erased")
    assert other.recall().session == "newer"
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize("then", ["a third", "a kill"])
def test_what_others_remember_while_a_session_is_forgotten_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    """A second kernel remembers one before the record is moved away. Afterwards a third remembers
    another, or the process is killed."""

    class Killed(BaseException):
        pass

    one, second, third = (memory(tmp_path) for _ in range(3))
    one.remember("erased")
    replace = Path.replace

    def late(path: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "replace", replace)
        second.remember("second")
        moved = replace(path, target)
        if then == "a kill":
            raise Killed
        third.remember("third")
        return moved

    monkeypatch.setattr(Path, "replace", late)
    with contextlib.suppress(Killed):
        one.forget("erased")
    assert "second" in second.left()
    if then == "a third":
        assert second.recall().session == "third"
    second.settle("second")
    assert "second" not in second.left()


def test_an_erased_session_takes_no_place_of_those_that_were_left(tmp_path: Path) -> None:
    """As many as there may be stay, also while the record of the erased one is looked at."""
    kernel = memory(tmp_path)
    for n in range(MOST_LEFT):
        kernel.leave(f"left-{n}")
    kernel.remember("erased")
    kernel.forget("erased")
    assert sorted(kernel.left()) == sorted(f"left-{n}" for n in range(MOST_LEFT))


# --- what version 0.1 left behind ---------------------------------------------------------------


def test_files_of_0_1_go_on(tmp_path: Path) -> None:
    """Its session is found; those that were left inside its file are, until they are settled."""
    written_by_0_1(
        tmp_path,
        '{"session": "4f0c1b7a52d94e0d8a5d3f6b7c8e9f01", "at": 1764000000.25, '
        '"left": ["0a1b2c3d4e5f60718293a4b5c6d7e8f9", "second", "second"]}',
    )
    one, other = memory(tmp_path), memory(tmp_path)
    assert one.recall().session == "4f0c1b7a52d94e0d8a5d3f6b7c8e9f01"
    assert one.recall().used_at == 1764000000.25
    assert one.left() == ["0a1b2c3d4e5f60718293a4b5c6d7e8f9", "second"]
    one.remember(one.recall().session)
    assert other.left() == ["0a1b2c3d4e5f60718293a4b5c6d7e8f9", "second"]
    other.settle("second")
    one.leave("third")
    one.remember("fourth")
    one.settle("4f0c1b7a52d94e0d8a5d3f6b7c8e9f01")
    assert other.left() == ["0a1b2c3d4e5f60718293a4b5c6d7e8f9", "third"]


def test_a_file_of_0_1_that_is_fresh_is_taken_over_too(tmp_path: Path) -> None:
    """What it holds besides the session is kept before it is settled, whatever its time."""
    written_by_0_1(tmp_path, json.dumps({"session": "s", "at": time.time(), "left": ["a", "b"]}))
    one = memory(tmp_path)
    one.remember("s")
    one.settle("a")
    assert one.left() == ["b"]


def test_what_0_1_wrote_after_an_erasure_goes_on(tmp_path: Path) -> None:
    """There is no session in it, but there may be some that were left."""
    written_by_0_1(tmp_path, '{"left": ["waiting"]}')
    one = memory(tmp_path)
    assert one.recall().used_at is None
    assert one.left() == ["waiting"]
    one.remember("new")
    assert (one.recall().session, one.left()) == ("new", ["waiting"])


def test_what_0_1_left_is_not_lost_with_an_erased_session(tmp_path: Path) -> None:
    """Nor on a disk that takes nothing: then the file stays as it is."""
    text = '{"session": "s", "at": 1.0, "left": ["a", "s"]}'
    path = written_by_0_1(tmp_path, text)
    one = memory(tmp_path)
    path.parent.chmod(0o500)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SessionMemory, "_write", lambda *_: False)
        one.forget("s")
        one.remember("t")
    path.parent.chmod(0o700)
    assert path.read_text() == text
    one.forget("s")
    assert one.recall().used_at is None
    assert one.left() == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"session": 7, "at": 1.0}',
        '{"session": "a b", "at": 1.0, "left": "x"}',
        '{"session": "s", "at": "now", "left": [1, "a b", null]}',
        '{"session": "s", "at": NaN}',
        '{"session": "s", "at": Infinity}',
        "[" * 100_000,
        "\udcff",
    ],
)
def test_a_file_that_makes_no_sense_is_replaced(tmp_path: Path, text: str) -> None:
    """A new session is begun, and remembered from then on."""
    path = written_by_0_1(tmp_path, "")
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    one = memory(tmp_path)
    assert one.recall().used_at is None
    assert one.left() == []
    one.forget("s")
    one.remember("new")
    assert one.recall().session == "new"


def test_drafts_of_those_who_were_killed_are_swept(tmp_path: Path) -> None:
    """Old ones go with the next write; one that another kernel is writing stays."""
    one = memory(tmp_path)
    one.remember("one")
    (path,) = files(tmp_path)
    old, new = (path.with_suffix(f".{name}.draft") for name in ("0" * 8, "1" * 8))
    for draft in (old, new):
        draft.write_text("{")
    os.utime(old, (1, 1))
    one.remember("two")
    one.settle("one")
    assert files(tmp_path) == sorted([new, path])


# --- the folder ---------------------------------------------------------------------------------


def test_the_folder_follows_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is found out once for each environment, because it waits for the disk."""
    asked: list[Callable[..., object]] = []
    resolve = Path.resolve

    def spy(path: Path, strict: bool = False) -> Path:
        asked.append(spy)
        return resolve(path, strict)

    monkeypatch.delenv("JUPYTER_DATA_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(Path, "resolve", spy)
    first = data_folder()
    assert first.is_relative_to(tmp_path / "home")
    assert asked
    asked.clear()
    assert data_folder() == first
    assert not asked
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    assert data_folder() == tmp_path / "data" / "tutor_widget"


def test_a_name_that_no_session_can_have_is_refused_with_a_code() -> None:
    """So people read it in their own language."""
    assert check_session("algebra-1") == "algebra-1"
    for name in ("", "a b", "x" * 65):
        with pytest.raises(Refused, match="1 to 64 letters") as refused:
            check_session(name)
        assert refused.value.code == "session_name"
