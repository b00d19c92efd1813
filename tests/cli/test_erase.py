"""`tutor-widget erase`: what is asked before, and what it takes for one conversation."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.operators import COMMAND, audit_of, command
from tests.support.stores import begin
from tests.support.terminal import OnTerminal
from tutor_widget.server import SQLiteStore
from tutor_widget.server.auth import Pseudonyms
from tutor_widget.server.store import Erased

SESSIONS = (("ada", "homework"), ("ada", "exam"), ("alan", "homework"), ("", "homework"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with a session under each of these names."""

    async def fill() -> None:
        store = await SQLiteStore.open_file(tmp_path / "tutor.sqlite")
        for account, name in SESSIONS:
            await begin(store, account, name)
        await store.close()

    asyncio.run(fill())
    return tmp_path / "tutor.sqlite"


def left(path: Path) -> list[tuple[str, str]]:
    """The sessions that the database has."""

    async def read() -> list[tuple[str, str]]:
        store = await SQLiteStore.open_file(path)
        found = [(one.account, one.name) async for one in store.list_sessions()]
        await store.close()
        return found

    return asyncio.run(read())


def test_without_a_terminal_nothing_is_erased_unless_it_is_confirmed(path: Path) -> None:
    """Then an audit line says for each which, by whom, and for how long its id stays taken."""
    done = command("erase", "--account=ada", "--db-url", path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"would erase 2 conversations. Nothing was erased" in done.stderr
    assert left(path) == list(SESSIONS)
    done = command("erase", "--account=ada", "--erased-days=2", "--yes", "--db-url", path)
    assert (done.returncode, done.stdout) == (0, b"Erased 2 conversations.\n")
    assert left(path) == list(SESSIONS[2:])
    lines = audit_of(done)
    pseudonyms, is_marked = asyncio.run(look(path))
    assert is_marked
    assert [line["session"] for line in lines] == [
        pseudonyms.of_session(*session) for session in SESSIONS[:2]
    ]
    expected = {"event": "session erased", "by": "operator", "days": 2.0}
    expected["account"] = pseudonyms.of_account("ada") or ""
    assert all(expected.items() <= line.items() and line["user"] for line in lines)
    assert b"ada" not in done.stderr


async def look(path: Path) -> tuple[Pseudonyms, bool]:
    """The pseudonyms of the database, and whether the erased session has a mark."""
    store = await SQLiteStore.open_file(path)
    try:
        found = await store.find_session("ada", "homework")
        return Pseudonyms(await store.secret()), isinstance(found, Erased)
    finally:
        await store.close()


def test_on_a_terminal_a_person_is_asked(path: Path) -> None:
    """Anything but yes, and the end of the input, erases nothing."""
    given = [*COMMAND, "erase", "--session=homework", "--account=alan", "--db-url", str(path)]
    for said, status, count in (("no\n", 1, 4), ("\x04", 1, 4), ("yes\n", 0, 3)):
        with OnTerminal(given) as terminal:
            terminal.until("erases 1 conversation for good. Type yes to go on: ")
            terminal.press(said)
            assert terminal.end() == status
        assert len(left(path)) == count


def test_a_session_alone_is_one_without_an_account(path: Path) -> None:
    """An id may be that of other accounts' sessions, too: these stay. The database, and for how
    long the id stays taken, are those of the server's configuration."""
    (path.parent / "tutor_widget_config.py").write_text(
        f"c.TutorServer.db_url = 'sqlite:///{path}'\nc.TutorServer.erased_days = 7\n"
    )
    done = command("erase", "--session=homework", "--yes", folder=path.parent)
    assert done.returncode == 0
    assert [line["days"] for line in audit_of(done)] == [7]
    assert left(path) == list(SESSIONS[:3])
    done = command("erase", "--session=homework", "--yes", "--db-url", path)
    assert done.returncode == 1
    assert b"name the account, too" in done.stderr
    assert left(path) == list(SESSIONS[:3])


@pytest.mark.parametrize("option", ["--account=", "--session="])
def test_an_empty_name_names_nothing(path: Path, option: str) -> None:
    """A variable of a script that is not set would else name all that have no account."""
    done = command("erase", option, "--account=ada", "--yes", "--db-url", path)
    assert done.returncode == 2
    assert b"the name is empty" in done.stderr
    assert left(path) == list(SESSIONS)


def test_it_needs_nothing_of_what_the_server_needs_to_run(path: Path) -> None:
    """Such as a hub, which tells its own service where that is, and nobody else."""
    (path.parent / "tutor_widget_config.py").write_text("c.TutorServer.auth = 'hub'\n")
    done = command("erase", "--account=ada", "--yes", "--db-url", path, folder=path.parent)
    assert (done.returncode, done.stdout) == (0, b"Erased 2 conversations.\n")
    assert left(path) == list(SESSIONS[2:])
