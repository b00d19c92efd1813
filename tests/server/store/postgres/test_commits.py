"""How writes become commits: together, in a fixed number of statements, told once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from tests.support.servers.peers import PATIENCE, until
from tests.support.stores import append, begin, claim, head_of, log_of, says
from tutor_widget.server import Store, open_store
from tutor_widget.server.store import Answer, Claim, Erased, Full, Head, Kept, Message, Spent
from tutor_widget.server.store.postgres import PostgreSQLStore, listener, writer
from tutor_widget.server.store.postgres.connections import (
    Connection,
    Database,
    escape,
    unescape,
)
from tutor_widget.server.store.postgres.transaction import CHANNEL, payload


@pytest.fixture
def commits() -> list[int]:
    """The number of writes of each commit."""
    return []


@pytest_asyncio.fixture
async def store(url: str, commits: list[int]) -> AsyncIterator[PostgreSQLStore]:
    made = await PostgreSQLStore.open_url(url, lambda _, writes: commits.append(writes))
    yield made
    await made.close()


@pytest_asyncio.fixture
async def other(url: str) -> AsyncIterator[Store]:
    made = await open_store(url)
    yield made
    await made.close()


async def keys_of(store: Store, count: int) -> list[int]:
    """Some sessions."""
    heads = await asyncio.gather(*(begin(store, name=f"s{number}") for number in range(count)))
    return [head.key for head in heads]


async def test_writes_of_one_turn_are_few_commits(
    store: PostgreSQLStore, commits: list[int]
) -> None:
    """However many sessions they belong to."""
    keys = await keys_of(store, 100)
    assert len(commits) == 1
    await asyncio.gather(*(store.append(key, says(f"m{n}")) for n in range(10) for key in keys))
    assert sum(commits[1:]) == 1000
    assert len(commits[1:]) <= 4


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts the statements of connections that do not listen: in its last number."""
    counts = [0]
    run = asyncpg.Connection._execute

    async def counted(connection: Any, *values: Any, **options: Any) -> Any:
        counts[-1] += not connection._listeners
        return await run(connection, *values, **options)

    monkeypatch.setattr(asyncpg.Connection, "_execute", counted)
    return counts


async def test_many_messages_cost_as_many_statements_as_one(
    store: PostgreSQLStore, statements: list[int]
) -> None:
    """A batch of appends is written by arrays."""
    keys = await keys_of(store, 200)
    for some in (keys[:1], keys):
        statements.append(0)
        appends = [store.append(key, says("m1"), 1 << 40, claims=True) for key in some]
        await asyncio.gather(*appends)
        statements.append(0)
        appends = [store.append(key, says("m2"), 1 << 40, claims=True) for key in some]
        await asyncio.gather(*appends)
    one, many = statements[2], statements[4]
    assert 0 < many <= one


async def claimed(store: Store, key: int, message_id: str) -> Claim:
    """Write a message, with the claim to answer it."""
    kept = await store.append(key, says(message_id), claims=True)
    assert isinstance(kept, Kept)
    assert kept.claim is not None
    return kept.claim


def answers(claim: Claim) -> Answer:
    re = claim.message.id
    return Answer(f"_{re}", re, f"answer to {re}", "complete", state={"re": re})


async def test_many_answers_cost_as_many_statements_as_one(
    store: PostgreSQLStore, statements: list[int]
) -> None:
    """A batch of answers is written by arrays, each with its session's state."""
    keys = await keys_of(store, 200)
    claims = [await claimed(store, key, "m1") for key in keys]
    for some in (claims[:1], claims[1:]):
        statements.append(0)
        written = await asyncio.gather(*(store.answer(one, answers(one)) for one in some))
        assert all(one is not None and one.event.seq == 2 for one in written)
    one, many = statements[1:]
    assert 0 < many <= one
    head = await head_of(store, keys[-1])
    assert (head.state, head.rev) == ({"re": "m1"}, 1)


async def test_many_claims_cost_as_many_statements_as_one(
    store: PostgreSQLStore, statements: list[int]
) -> None:
    """As when a server takes over a class from one that was killed."""
    keys = await keys_of(store, 200)
    await asyncio.gather(*(append(store, key, says("m1")) for key in keys))
    for some in (keys[:1], keys[1:]):
        statements.append(0)
        taken = await asyncio.gather(*(claim(store, key) for key in some))
        assert [one.attempt for one in taken] == [1] * len(some)
    one, many = statements[1:]
    assert 0 < many <= one


async def test_messages_and_answers_take_three_statements(
    store: PostgreSQLStore, statements: list[int]
) -> None:
    """With BEGIN and COMMIT five round trips, whatever the batch has of them: the sessions are
    locked, what the batch asks for is read, and all is written."""
    keys = await keys_of(store, 40)
    claims = [await claimed(store, key, "m1") for key in keys[:20]]
    statements.append(0)
    asked = (store.append(key, says("m1"), 1 << 40, claims=True) for key in keys[20:])
    answered = (store.answer(one, answers(one)) for one in claims)
    results = await asyncio.gather(*asked, *answered)
    assert all(results)
    assert statements[-1] == 3


async def test_an_answer_that_came_too_late_concerns_no_other(store: PostgreSQLStore) -> None:
    """In one batch: that of a claim given back, that of an erased session, and a good one."""
    keys = await keys_of(store, 3)
    claims = [await claimed(store, key, "m1") for key in keys]
    await store.release(claims[0])
    await store.erase(keys[1], 1.0)
    late, lost, good = await asyncio.gather(*(store.answer(one, answers(one)) for one in claims))
    assert late is lost is None
    assert good is not None
    assert [event.id for event in await log_of(store, keys[2])] == ["m1", "_m1"]


async def test_a_message_that_was_answered_is_not_answered_again(store: PostgreSQLStore) -> None:
    """Not with the claim to another message of the session either, which then is claimed anew."""
    (key,) = await keys_of(store, 1)
    first = await claimed(store, key, "m1")
    assert await store.answer(first, answers(first)) is not None
    second = await claimed(store, key, "m2")
    assert await store.answer(second, Answer("again", "m1", "no", "complete")) is None
    assert [event.id for event in await log_of(store, key)] == ["m1", "_m1", "m2"]
    assert (await claim(store, key)).message.id == "m2"


async def test_writes_of_one_session_keep_their_order_in_a_batch(store: PostgreSQLStore) -> None:
    """A message behind an answer, and one before it, though each kind is written together."""
    first, second = await keys_of(store, 2)
    claims = [await claimed(store, key, "m1") for key in (first, second)]
    await asyncio.gather(
        store.append(first, says("m2")),
        store.answer(claims[0], answers(claims[0])),
        store.answer(claims[1], answers(claims[1])),
        store.append(second, says("m2")),
        store.append(first, says("m3")),
    )
    logs = [[event.id for event in await log_of(store, key)] for key in (first, second)]
    assert logs == [["m1", "m2", "_m1", "m3"], ["m1", "_m1", "m2"]]


async def test_a_batch_is_one_notification(store: PostgreSQLStore, url: str) -> None:
    """It names the sessions that were changed."""
    keys = await keys_of(store, 200)
    heard: list[str] = []
    listener = await asyncpg.connect(url)
    await listener.add_listener(CHANNEL, lambda *args: heard.append(args[3]))
    await asyncio.gather(*(store.append(key, says("m1")) for key in keys))
    await until(lambda: bool(heard))
    await listener.close()
    (text,) = heard
    assert len(text.encode()) < 8000
    assert {int(key) for key in text.split(" ")[2].split(",")} == set(keys)


def test_a_notification_is_never_too_long() -> None:
    """With keys beyond any bound it names none, and those who hear it look for them."""
    keys = range(1 << 60, (1 << 60) + 1000)
    assert len(payload("t" * 24, "n" * 8, list(keys))) < 8000
    assert payload("t", "n", list(keys)) == "t n "
    assert payload("t", "n", [1, 2]) == "t n 1,2"


async def test_a_mistake_of_one_write_concerns_no_other(store: PostgreSQLStore) -> None:
    """Its future has the error, and those of the same commit are written."""
    one, two = await keys_of(store, 2)
    faulty = store.append(one, Message("m1", "\ud800"))
    good = [store.append(one, says("m2")), store.append(two, says("m1"))]
    with pytest.raises(ValueError, match="surrogates"):
        await faulty
    for kept in await asyncio.gather(*good):
        assert isinstance(kept, Kept)
    assert (await head_of(store, one)).seq == (await head_of(store, two)).seq == 1


async def test_nodes_that_write_to_the_same_sessions_do_not_wait_in_a_circle(
    store: PostgreSQLStore, other: Store
) -> None:
    """Each has its own order of the sessions; all is written, without a hole."""
    keys = await keys_of(store, 30)
    writes = [
        one.append(key, says(f"{name}{n}"))
        for n in range(5)
        for one, name, some in ((store, "a", keys), (other, "b", keys[::-1]))
        for key in some
    ]
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*writes)
    for key in keys:
        assert [event.seq for event in await log_of(store, key)] == list(range(1, 11))


async def test_two_nodes_do_not_both_fill_an_account(store: PostgreSQLStore, other: Store) -> None:
    """Near its limit, messages of an account are counted one after another."""
    nodes = [store, other] * 10
    heads = [await begin(node, "ada", f"s{n}") for n, node in enumerate(nodes)]
    message = Message("m1", "x" * 10)
    outcomes = await asyncio.gather(
        *(node.append(head.key, message, 10) for head, node in zip(heads, nodes, strict=True))
    )
    assert sum(isinstance(one, Kept) for one in outcomes) == 1


async def test_two_nodes_do_not_make_too_many_sessions(
    store: PostgreSQLStore, other: Store
) -> None:
    """The limit of an account holds on all nodes together; the same name is one session."""
    made = await asyncio.gather(
        *(one.create_session("ada", f"s{n}", most=5) for n in range(10) for one in (store, other))
    )
    heads = [one for one in made if isinstance(one, Head)]
    assert len({head.key for head in heads}) == 5
    assert sum(isinstance(one, Full) for one in made) == 20 - len(heads)


async def test_a_commit_that_nothing_announced_is_found(store: PostgreSQLStore, url: str) -> None:
    """Also that of a transaction which was begun long before others, and ends after them."""
    one, two = await keys_of(store, 2)
    changes = aiter(store.changes())
    slow = await asyncpg.connect(url)
    transaction = slow.transaction()
    await transaction.start()
    insert = (
        "INSERT INTO commits VALUES ($1, 'n', pg_current_xact_id()::text::bigint, unix_ms(), $2)"
    )
    await slow.execute(insert, "slow", [one])
    quick = await asyncpg.connect(url)
    await quick.execute(insert, "quick", [two])
    async with asyncio.timeout(PATIENCE):
        assert await anext(changes) == frozenset({two})
        await transaction.commit()
        assert await anext(changes) == frozenset({one})
    await slow.close()
    await quick.close()


@given(st.text(alphabet=st.sampled_from("\0\x1aS0ü😀a")))
def test_a_text_is_kept_as_it_is(text: str) -> None:
    """Also U+0000, which the database does not take, and what stands for it."""
    assert "\0" not in escape(text)
    assert unescape(escape(text)) == text


async def test_u_0000_may_be_anywhere(store: PostgreSQLStore) -> None:
    """In names of accounts and groups, in texts, in contexts and in reasons."""
    nul, groups = "\0\x1a0", frozenset({"\0", "\x1a0"})
    head = await store.create_session(nul, nul, groups)
    assert isinstance(head, Head)
    assert await store.find_session(nul, nul) == head
    assert await store.append(head.key, Message("m1", nul, {nul: nul}, lang=nul), 1) != "full"
    assert await store.append(head.key, says("m2"), 1) == "full"
    assert await store.spent(head.key, "day") == Spent(0, groups)
    (listed,) = [one async for one in store.list_sessions(nul, "\0")]
    assert (listed.account, listed.name, listed.groups) == (nul, nul, groups)
    notice = await store.notice(head.key, "n1", nul, nul)
    assert isinstance(notice, Kept)
    assert [event.text for event in await log_of(store, head.key)] == [nul, nul]


async def test_a_page_takes_no_more_than_it_needs(store: PostgreSQLStore) -> None:
    """Of a long log of long messages only those come that the page may hold."""
    (key,) = await keys_of(store, 1)
    await asyncio.gather(*(store.append(key, Message(f"m{n}", "x" * 1000)) for n in range(50)))
    fetched: list[int] = []
    pool = store._readers

    class Counting:
        async def fetch(self, *values: Any) -> Any:
            rows = await pool.fetch(*values)
            fetched.append(len(rows))
            return rows

    store._readers = Counting()
    for read in (store.read(key, 0, 50, 5000), store.read_before(key, 51, 50, 5000)):
        page = await read
        assert not isinstance(page, Erased)
        assert len(page) == 5
    store._readers = pool
    assert max(fetched) <= 6


async def test_old_proofs_are_deleted(
    store: PostgreSQLStore, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the table of commits does not grow with the years."""
    (key,) = await keys_of(store, 1)
    await append(store, key, says("m1"))
    monkeypatch.setattr(listener, "_KEPT", 0)
    monkeypatch.setattr(listener, "_SETTLED", 0.0)
    other = await open_store(url)
    db = await asyncpg.connect(url)
    async with asyncio.timeout(PATIENCE):
        while await db.fetchval("SELECT count(*) FROM commits"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await db.close()
    await other.close()


async def test_proofs_are_deleted_as_fast_as_they_come(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no rest while there are more old ones than are deleted at once."""
    prune = listener._prune

    async def then_rest_for_long(connection: Any) -> bool:
        is_done = await prune(connection)
        monkeypatch.setattr(listener, "_SETTLED", 3600.0)
        return is_done

    monkeypatch.setattr(listener, "_prune", then_rest_for_long)
    monkeypatch.setattr(listener, "_PRUNED_AT_ONCE", 2)
    monkeypatch.setattr(listener, "_SETTLED", 0.0)
    db = await asyncpg.connect(url)
    await db.execute(
        "INSERT INTO commits SELECT 'old' || n, 'gone', 0, 0, '{}' FROM generate_series(1, 5) AS n"
    )
    store = await open_store(url)
    async with asyncio.timeout(PATIENCE):
        while await db.fetchval("SELECT count(*) FROM commits"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await store.close()
    await db.close()


async def test_retention_that_waits_makes_no_server_unready(
    store: PostgreSQLStore, url: str
) -> None:
    """Nobody waits for it: it may wait for a lock while all else is written. A message counts."""
    (key,) = await keys_of(store, 1)
    db = await asyncpg.connect(url)
    async with db.transaction():
        await db.execute("SELECT 1 FROM sessions WHERE key = $1 FOR UPDATE", key)
        expiring = asyncio.ensure_future(store.expire(0))
        await until_waiting(url, 1)
        assert store._writer._unsettled
        assert store._writer.stalled() == 0
        appending = store.append(key, says("m1"))
        await until_waiting(url, 2)
        assert store._writer.stalled() > 0
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(expiring, appending)
    await db.close()


async def test_a_session_that_waits_for_a_lock_holds_up_no_other(
    store: PostgreSQLStore, url: str
) -> None:
    """Another lane takes what waits behind it."""
    locked, free = await keys_of(store, 2)
    db = await asyncpg.connect(url)
    async with db.transaction():
        await db.execute("SELECT 1 FROM sessions WHERE key = $1 FOR UPDATE", locked)
        waiting = store.append(locked, says("m1"))
        await until_waiting(url, 1)
        async with asyncio.timeout(PATIENCE):
            assert isinstance(await store.append(free, says("m1")), Kept)
        assert not waiting.done()
    async with asyncio.timeout(PATIENCE):
        assert isinstance(await waiting, Kept)
    await db.close()


async def test_what_comes_during_a_commit_is_the_next_one(
    store: PostgreSQLStore, commits: list[int], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as it does not take long: else there would be as many commits as messages."""
    monkeypatch.setattr(writer, "_HELP", PATIENCE)
    first, *others = await keys_of(store, 20)
    commits.clear()
    db = await asyncpg.connect(url)
    async with db.transaction():
        await db.execute("SELECT 1 FROM sessions WHERE key = $1 FOR UPDATE", first)
        writes = [store.append(first, says("m1"))]
        await until_waiting(url, 1)
        for key in others:
            writes.append(store.append(key, says("m1")))
            await asyncio.sleep(0)  # each in a turn of its own
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*writes)
    assert commits == [1, 19]
    await db.close()


async def test_no_table_is_read_whole_before_it_was_analyzed(
    store: PostgreSQLStore, url: str
) -> None:
    """The planner knows nothing of new tables, and would read them all for each batch."""
    db = await asyncpg.connect(url)
    tables = ("events", "sessions", "waiting", "withdrawn", "accounts")
    for table in tables:
        await db.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
    keys = await keys_of(store, 100)
    for number in range(5):
        await asyncio.gather(*(append(store, key, says(f"m{number}")) for key in keys))
        claims = await asyncio.gather(*(claim(store, key) for key in keys))
        assert all(await asyncio.gather(*(store.answer(one, answers(one)) for one in claims)))
    await store.close()
    # A server process tells what it has read when it ends.
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    async with asyncio.timeout(PATIENCE):
        while await db.fetchval(others) > 1:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    query = "SELECT relname, seq_tup_read FROM pg_stat_user_tables WHERE relname = ANY($1)"
    assert dict(await db.fetch(query, tables)) == dict.fromkeys(tables, 0)
    await db.close()


async def test_a_statement_is_planned_once(
    store: PostgreSQLStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for each batch: with arrays the planner would think that worth it for ever."""
    made: list[Connection] = []
    connect = Database.connect

    async def noted(database: Database) -> Connection:
        made.append(await connect(database))
        return made[-1]

    monkeypatch.setattr(Database, "connect", noted)
    keys = await keys_of(store, 3)
    for number in range(10):
        await asyncio.gather(*(append(store, key, says(f"m{number}")) for key in keys))
    of = "FROM pg_prepared_statements"
    assert made
    for db in made:
        assert await db.fetchval(f"SELECT sum(custom_plans)::int {of}") == 0
    planned = [await db.fetchval(f"SELECT sum(generic_plans)::int {of}") for db in made]
    assert max(planned) >= 20


async def until_waiting(url: str, number: int) -> None:
    """Wait until so many transactions wait for a lock."""
    query = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
    watching = await asyncpg.connect(url)
    async with asyncio.timeout(PATIENCE):
        while await watching.fetchval(query) < number:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await watching.close()


async def test_a_commit_that_is_still_under_way_is_waited_for(
    store: PostgreSQLStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection was lost before it had happened; then the claim is not counted twice."""
    (key,) = await keys_of(store, 1)
    await append(store, key, says("m1"))
    late: list[asyncio.Task[Any]] = []
    is_repeated = asyncio.Event()
    execute, fetch = asyncpg.Connection.execute, asyncpg.Connection.fetch
    terminate = asyncpg.Connection.terminate

    async def commit_later(connection: Any) -> None:
        await is_repeated.wait()
        await execute(connection, "COMMIT")
        monkeypatch.undo()
        terminate(connection)

    async def lose(connection: Any, query: str, *values: Any, **options: Any) -> Any:
        if late and late[0].get_name() == str(id(connection)):
            return ""  # of the connection that counts as lost
        if query == "COMMIT" and not late:
            later = asyncio.create_task(commit_later(connection), name=str(id(connection)))
            late.append(later)
            raise asyncpg.ConnectionDoesNotExistError("connection was closed")
        return await execute(connection, query, *values, **options)

    async def note(connection: Any, query: str, *values: Any) -> Any:
        if late and "FOR UPDATE" in query:
            is_repeated.set()
        return await fetch(connection, query, *values)

    monkeypatch.setattr(asyncpg.Connection, "execute", lose)
    monkeypatch.setattr(asyncpg.Connection, "fetch", note)
    monkeypatch.setattr(asyncpg.Connection, "terminate", lambda connection: None)
    claimed = await claim(store, key)
    await late[0]
    assert claimed.attempt == 1
    assert await store.renew(claimed)
    await store.release(claimed)
    assert (await claim(store, key)).attempt == 2
