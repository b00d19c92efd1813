"""The contract of a store: a commit happens, and its result is lost. Then it has happened once."""

from __future__ import annotations

import asyncio

from tests.support.engines import Engine
from tests.support.servers.peers import SESSION
from tests.support.stores import append, begin, claim, head_of, log_of, says, spent
from tutor_widget.server import Store
from tutor_widget.server.store import Answer, Answered, Head, Kept, Usage

DAY = "2026-11-29"


async def test_a_session_is_made_once(store: Store, engine: Engine) -> None:
    """Its epoch is that of the log."""
    engine.lose_next_result()
    head = await store.create_session("", SESSION, most=1)
    assert isinstance(head, Head)
    assert await store.find_session("", SESSION) == head


async def test_a_message_is_written_once(store: Store, engine: Engine) -> None:
    """The call that wrote it is told so."""
    key = (await begin(store)).key
    engine.lose_next_result()
    outcomes = await asyncio.gather(*(store.append(key, says(f"m{n}")) for n in range(5)))
    assert [kept.fresh for kept in outcomes if isinstance(kept, Kept)] == [True] * 5
    assert [event.seq for event in await log_of(store, key)] == [1, 2, 3, 4, 5]


async def test_an_attempt_is_counted_once(store: Store, engine: Engine) -> None:
    """A claim whose commit was reported as failed is the first attempt, and its fence holds."""
    key = (await begin(store)).key
    await append(store, key, says("m1"))
    engine.lose_next_result()
    claimed = await claim(store, key)
    assert claimed.attempt == 1
    assert await store.renew(claimed)
    await store.release(claimed)
    assert (await claim(store, key)).attempt == 2


async def test_a_message_is_claimed_once_with_its_append(store: Store, engine: Engine) -> None:
    """The call that wrote it has the claim, which is the first attempt, and its fence holds."""
    key = (await begin(store)).key
    engine.lose_next_result()
    kept = await store.append(key, says("m1"), claims=True)
    assert isinstance(kept, Kept)
    assert kept.claim is not None
    assert (kept.fresh, kept.claim.attempt) == (True, 1)
    assert await store.renew(kept.claim)
    await store.release(kept.claim)
    assert (await claim(store, key)).attempt == 2


async def test_an_attempt_is_taken_back_once(store: Store, engine: Engine) -> None:
    """The attempts of earlier nodes still count."""
    key = (await begin(store)).key
    await append(store, key, says("m1"))
    await store.release(await claim(store, key))
    second = await claim(store, key)
    engine.lose_next_result()
    await store.release(second, counts=False)
    assert (await claim(store, key)).attempt == 2


async def test_an_answer_is_written_once(store: Store, engine: Engine) -> None:
    """Its usage is added once, its state has one revision, and the call gets its event."""
    key = (await begin(store)).key
    await append(store, key, says("m1"))
    claimed = await claim(store, key)
    engine.lose_next_result()
    answer = Answer("_a", "m1", "ok", "complete", {"n": 1}, usage=Usage(DAY, 1, 2))
    answered = await store.answer(claimed, answer)
    assert answered is not None
    assert (answered.event.id, answered.rev) == ("_a", 1)
    head = await head_of(store, key)
    assert (head.seq, head.rev, await spent(store, key, DAY)) == (2, 1, 3)


async def test_a_held_answer_is_held_and_approved_once(store: Store, engine: Engine) -> None:
    """Both calls are told that it worked."""
    key = (await begin(store)).key
    await append(store, key, says("m1"))
    claimed = await claim(store, key)
    engine.lose_next_result()
    answer = Answer("_a", "m1", "ok", "complete", usage=Usage(DAY, 1))
    assert await store.hold(claimed, answer, 60, "instead")
    engine.lose_next_result()
    answered = await store.approve(key, "m1", by="Ms Lovelace")
    assert isinstance(answered, Answered)
    assert (answered.event.seq, await spent(store, key, DAY)) == (2, 1)


async def test_a_greeting_and_a_notice_are_written_once(store: Store, engine: Engine) -> None:
    """The call that wrote the notice is told so."""
    key = (await begin(store)).key
    engine.lose_next_result()
    answered = await store.greet(key, Answer("_greeting", "", "Hi", "complete"))
    assert isinstance(answered, Answered)
    engine.lose_next_result()
    notice = await store.notice(key, "_n", "Ms Lovelace", "hi")
    assert isinstance(notice, Kept)
    assert notice.fresh
    assert len(await log_of(store, key)) == 2


async def test_a_session_is_erased_once(store: Store, engine: Engine) -> None:
    """Its account's bytes are given back once: another session's still count."""
    one, two = await begin(store, "ada", "one"), await begin(store, "ada", "two")
    await append(store, one.key, says("m1"))
    await append(store, two.key, says("m1"))
    engine.lose_next_result()
    await store.erase(one.key, 1)
    assert await store.append(two.key, says("m2"), 10) == "full"
    assert isinstance(await store.append(two.key, says("m2"), 11), Kept)
