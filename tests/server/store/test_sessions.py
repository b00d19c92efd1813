"""The contract of a store: sessions, their heads, and the secret."""

from __future__ import annotations

from tests.support.engines import Engine
from tests.support.servers.peers import SESSION
from tests.support.stores import append, begin, head_of, says
from tutor_widget.server import Store
from tutor_widget.server.store import Erased, Full, Head

MONTH = 30.0


async def test_a_session_is_found_and_not_made(store: Store) -> None:
    """`find_session` makes nothing; `create_session` makes it once."""
    assert await store.find_session("ada", SESSION) is None
    assert await store.find_session("ada", SESSION) is None
    head = await store.create_session("ada", SESSION)
    assert head == await store.find_session("ada", SESSION)
    assert head == await store.create_session("ada", SESSION)
    assert isinstance(head, Head)
    assert (head.seq, head.state, head.rev, head.waiting) == (0, {}, 0, ())


async def test_the_epoch_is_the_logs(store: Store, other: Store) -> None:
    """It is the same for all who open the session, and another one for another session."""
    head = await begin(store, "ada")
    assert await begin(other, "ada") == head
    another = await begin(store, "alan")
    assert (another.epoch != head.epoch, another.key != head.key) == (True, True)


async def test_an_account_has_as_many_sessions_as_it_may(store: Store) -> None:
    """A session beyond the limit is not made; known ones, and other accounts, are not limited."""
    for name in ("one", "two"):
        assert isinstance(await store.create_session("ada", name, most=2), Head)
    assert await store.create_session("ada", "three", most=2) == Full()
    assert await store.find_session("ada", "three") is None
    assert isinstance(await store.create_session("ada", "two", most=2), Head)
    assert isinstance(await store.create_session("alan", "three", most=2), Head)
    assert isinstance(await store.create_session("ada", "three"), Head)


async def test_the_head_says_what_waits(store: Store, other: Store) -> None:
    """Ids without an answer come oldest first, with those for which Stop was pressed."""
    head = await begin(store)
    for message_id in ("m2", "m1", "m3"):
        await append(store, head.key, says(message_id))
    assert await store.stop(head.key, "m1") is True
    assert await store.stop(head.key, "unknown") is False
    now = await head_of(other, head.key)
    assert (now.seq, now.waiting, now.stopped) == (3, ("m2", "m1", "m3"), frozenset({"m1"}))


async def test_an_erased_name_begins_another_session_when_its_mark_has_ended(
    store: Store, engine: Engine
) -> None:
    """Until then it is `Erased`; then it has a key and an epoch that no session had before."""
    first = await begin(store)
    await store.erase(first.key, MONTH)
    assert await store.find_session("", SESSION) == Erased()
    assert await store.create_session("", SESSION) == Erased()
    engine.forward(MONTH * 86_400 - 60)
    assert await store.find_session("", SESSION) == Erased()
    engine.forward(120)
    assert await store.find_session("", SESSION) is None
    again = await begin(store)
    assert (again.key != first.key, again.epoch != first.epoch) == (True, True)


async def test_a_key_is_never_used_again(store: Store) -> None:
    """Not even that of the newest session, erased without a mark."""
    keys = set()
    for _ in range(3):
        head = await begin(store)
        keys.add(head.key)
        await store.erase(head.key, 0)
    assert len(keys) == 3


async def test_the_secret_is_the_databases(store: Store, other: Store) -> None:
    """Every process gets the same 32 bytes."""
    secret = await store.secret()
    assert len(secret) == 32
    assert await other.secret() == secret
    assert secret != bytes(32)


def test_a_lease_lasts_ten_seconds_at_most(store: Store) -> None:
    """So what a killed node began is answered within 15 s."""
    assert 0 < store.lease <= 10
