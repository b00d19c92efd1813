"""Opening a PostgreSQL database: its schema, and what is said when that fails."""

from __future__ import annotations

import asyncio
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from tests.support.faults.database_gate import DatabaseGate
from tests.support.postgres import Cluster
from tests.support.stores import answer, append, begin, log_of, says
from tutor_widget.server import StoreError, open_store
from tutor_widget.server.store import Answered, Publication
from tutor_widget.server.store.postgres import connections, opening
from tutor_widget.server.store.postgres.opening import VERSION

NOWHERE = "postgresql://ada:secret@127.0.0.1:1/db"
OF_SCHEMA_1 = """
CREATE TABLE schema_version (version integer NOT NULL);
INSERT INTO schema_version VALUES (1);
INSERT INTO store VALUES ('secret');
INSERT INTO sessions (account, name, epoch, began, active, last) VALUES ('ada', 's', 'e', 1, 1, 3);
INSERT INTO members VALUES (1, 'math');
INSERT INTO events (session, seq, id, role, text, at, status, re) VALUES
    (1, 1, 'm1', 'learner', 'hi', 10, 'complete', NULL),
    (1, 2, '_a1', 'tutor', 'ok', 20, 'complete', 'm1'),
    (1, 3, 'm2', 'learner', 'why?', 30, 'complete', NULL);
INSERT INTO waiting (session, seq, id, attempts, held) VALUES
    (1, 3, 'm2', 1, '{"id": "_a2", "re": "m2", "text": "because", "status": "complete"}');
INSERT INTO reports VALUES (1, '_a1', 'wrong', 40);
"""
"""What a node of schema 1 left: an answer with its report, and one that is held."""


async def test_nodes_that_start_together_make_one_schema(empty: str) -> None:
    """One makes the tables, the others wait for it, and all have the same secret."""
    stores = await asyncio.gather(*(open_store(empty) for _ in range(4)))
    key = (await begin(stores[0])).key
    await append(stores[1], key, says("m1"))
    assert [event.id for event in await log_of(stores[2], key)] == ["m1"]
    assert len({await store.secret() for store in stores}) == 1
    for store in stores:
        await store.close()


async def test_a_schema_that_exists_is_used_as_it_is(empty: str) -> None:
    """Nothing is made anew at the next start."""
    first = await open_store(empty)
    key, secret = (await begin(first)).key, await first.secret()
    await first.close()
    second = await open_store(empty)
    assert ((await begin(second)).key, await second.secret()) == (key, secret)
    await second.close()


async def test_a_database_of_schema_1_goes_on(empty: str, cluster: Cluster) -> None:
    """What it held waits without end, and its reports are open. Several nodes start together."""
    first = files(opening.__package__).joinpath("schema", "0001.sql").read_text("utf-8")
    cluster.execute(first, OF_SCHEMA_1, url=empty)
    stores = await asyncio.gather(*(open_store(empty) for _ in range(3)))
    store = stores[0]
    assert {await one.secret() for one in stores} == {b"secret"}
    (held,) = await store.held()
    assert (held.re, held.question, held.text) == ("m2", "why?", "because")
    assert (held.account, held.groups) == ("ada", frozenset({"math"}))
    assert (held.at, held.until, await store.overdue()) == (30, None, [])
    (report,) = await store.reports(0, 9)
    assert (report.reason, report.state, report.shared) == ("wrong", "open", False)
    approved = await stores[1].approve(held.key, "m2", by="Ms Grey")
    assert isinstance(approved, Answered)
    assert await stores[2].publish("cell", 0, "a") == Publication(1, "a")
    assert [event.id for event in await log_of(store, held.key)] == ["m1", "_a1", "m2", "_a2"]
    for one in stores:
        await one.close()


async def test_a_node_of_schema_1_reports_on(url: str, cluster: Cluster) -> None:
    """It runs while another one migrates: a report without the new columns is an open one."""
    store = await open_store(url)
    key = (await begin(store)).key
    await append(store, key, says("m1"))
    await answer(store, key)
    cluster.execute(f"INSERT INTO reports VALUES ({key}, '_m1', 'wrong', 1)", url=url)
    (report,) = await store.reports(0, 9)
    assert (report.reason, report.state, report.shared) == ("wrong", "open", False)
    await store.close()


async def test_a_newer_schema_is_refused_in_words(url: str, cluster: Cluster) -> None:
    """The sentence names both versions, and what to do; the database stays as it is."""
    cluster.execute(f"UPDATE schema_version SET version = {VERSION + 1}", url=url)
    with pytest.raises(StoreError, match=f"has schema {VERSION + 1}, .*Install the newer version"):
        await open_store(url)


async def test_a_database_that_is_not_there_is_a_sentence(cluster: Cluster) -> None:
    """It says what the server says, and what to check."""
    with pytest.raises(StoreError, match='"missing" does not exist'):
        await open_store(cluster.url("missing"))


async def test_a_server_that_is_not_there_is_a_sentence() -> None:
    """The password of the URL is not in it."""
    with pytest.raises(StoreError, match="database cannot be opened") as found:
        await open_store(NOWHERE)
    assert "secret" not in str(found.value)


async def test_a_server_that_does_not_answer_is_a_sentence(
    gate: DatabaseGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The start does not wait for it forever."""
    monkeypatch.setattr(connections, "_CONNECT", 0.2)
    gate.freeze()
    with pytest.raises(StoreError, match="it does not answer"):
        await open_store(gate.url("db"))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:se/cret@host/db",
        "postgresql://ada:secret@host:port/db",
        "postgresql://ada:secret@[::1/db",
    ],
)
async def test_a_url_that_is_none_is_not_quoted(url: str) -> None:
    """What the parser says of it may hold the password."""
    with pytest.raises(StoreError) as found:
        await open_store(url)
    assert "cret" not in str(found.value)
    assert found.value.__cause__ is None


async def test_passwords_come_from_the_environment(
    gate: DatabaseGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``PGPASSWORD`` serves, so that none has to be in a URL."""
    given: list[object] = []
    monkeypatch.setenv("PGPASSWORD", "from the environment")
    from asyncpg import connect_utils

    parse = connect_utils._parse_connect_arguments

    def spied(**options: object) -> object:
        addresses, params, config = parse(**options)
        given.append(params.password)
        return addresses, params, config

    monkeypatch.setattr(connect_utils, "_parse_connect_arguments", spied)
    with pytest.raises(StoreError):
        await open_store("postgresql://ada@127.0.0.1:1/db")
    assert given == ["from the environment"]


async def test_a_service_file_that_is_none_is_not_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may hold a password, too; one that is right names the server."""
    file = tmp_path / "services"
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    file.write_text("password=secret\n[tutor]\n")
    with pytest.raises(StoreError, match="cannot be understood") as found:
        await open_store("postgresql://?service=tutor")
    assert "secret" not in str(found.value)
    file.write_text("[tutor]\nhost=127.0.0.1\nport=1\nuser=ada\npassword=secret\n")
    with pytest.raises(StoreError, match="cannot be opened") as found:
        await open_store("postgresql://?service=tutor")
    assert "secret" not in str(found.value)


async def test_without_the_driver_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra of this package has it."""
    for name in [name for name in sys.modules if name.startswith("tutor_widget.server.store.post")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(StoreError, match=r"pip install 'tutor-widget\[postgres\]'"):
        await open_store(NOWHERE)
