"""The contract of a store: claims, leases, answers, usage."""

from __future__ import annotations

from tests.support.engines import Engine
from tests.support.servers.peers import SESSION
from tests.support.stores import append, begin, claim, head_of, log_of, says, spent
from tutor_widget.server import Store
from tutor_widget.server.store import (
    Answer,
    Answered,
    Busy,
    Claim,
    Erased,
    Head,
    Held,
    Kept,
    Message,
    Spent,
    Usage,
)

DAY = "2026-11-29"


def to(re: str, text: str = "ok", **more: object) -> Answer:
    """An answer to the message."""
    return Answer(f"_{re}", re, text, "complete", **more)  # type: ignore[arg-type]


async def test_messages_are_claimed_in_order_and_answered_once(store: Store) -> None:
    """Answer and state are written together; a second answer to the message is not written."""
    key = (await begin(store)).key
    for message_id in ("m1", "m2"):
        await append(store, key, says(message_id))
    first = await claim(store, key)
    assert (first.message.id, first.attempt, first.state) == ("m1", 1, {})
    answered = await store.answer(first, to("m1", state={"n": 1}))
    assert answered is not None
    assert (answered.event.re, answered.event.role, answered.rev) == ("m1", "tutor", 1)
    assert await store.answer(first, Answer("_b", "m1", "ok", "complete", {"n": 2})) is None
    after = await head_of(store, key)
    assert (after.seq, after.state, after.rev, after.waiting) == (3, {"n": 1}, 1, ("m2",))
    second = await claim(store, key)
    assert (second.message.id, second.state, second.rev) == ("m2", {"n": 1}, 1)


async def test_a_message_may_be_claimed_when_it_is_written(store: Store, other: Store) -> None:
    """As `claim` does it: the first attempt, with all that was sent, and a lease like any other."""
    key = (await begin(store)).key
    await store.answer(await written_and_claimed(store, key, "m0"), to("m0", state={"n": 1}))
    sent = Message("m1", "hi", {"cell": "x = 1"}, rev=1, lang="de")
    kept = await store.append(key, sent, claims=True)
    assert isinstance(kept, Kept)
    claimed = kept.claim
    assert claimed is not None
    assert (claimed.key, claimed.message, claimed.event) == (key, sent, kept.event)
    assert (claimed.attempt, claimed.stopped) == (1, False)
    assert (claimed.state, claimed.rev) == ({"n": 1}, 1)
    assert isinstance(await other.claim(key), Busy)
    assert await store.renew(claimed)
    await store.release(claimed)
    again = await claim(other, key)
    assert (again.message, again.attempt, again.fence > claimed.fence) == (sent, 2, True)
    assert await store.answer(claimed, to("m1")) is None
    assert await other.answer(again, to("m1")) is not None


async def test_a_message_behind_another_is_not_claimed_when_it_is_written(store: Store) -> None:
    """Messages are answered in order: the first is claimed, and the second when its turn comes."""
    key = (await begin(store)).key
    await append(store, key, says("m1"))
    kept = await store.append(key, says("m2"), claims=True)
    assert isinstance(kept, Kept)
    assert kept.claim is None
    first = await claim(store, key)
    assert (first.message.id, first.attempt) == ("m1", 1)
    await store.answer(first, to("m1"))
    second = await claim(store, key)
    assert (second.message.id, second.attempt) == ("m2", 1)


async def test_a_message_behind_a_held_answer_is_not_claimed_when_it_is_written(
    store: Store,
) -> None:
    """Its turn comes when the answer before it is approved."""
    key = (await begin(store)).key
    await store.hold(await written_and_claimed(store, key, "m1"), to("m1"))
    kept = await store.append(key, says("m2"), claims=True)
    assert isinstance(kept, Kept)
    assert kept.claim is None
    assert isinstance(await store.claim(key), Held)
    await store.approve(key, "m1")
    await store.answer(await claim(store, key), to("m2"))
    assert (await written_and_claimed(store, key, "m3")).attempt == 1


async def test_what_is_not_written_is_not_claimed(store: Store) -> None:
    """A repeat, a conflict, a withdrawn id, one without room, one of an erased session."""
    key = (await begin(store)).key
    await store.answer(await written_and_claimed(store, key, "m1"), to("m1"))
    await store.withdraw(key, "m2")
    repeat = await store.append(key, says("m1"), claims=True)
    assert isinstance(repeat, Kept)
    assert (repeat.fresh, repeat.claim) == (False, None)
    assert await store.append(key, Message("m1", "other"), claims=True) == "conflict"
    assert await store.append(key, says("m2"), claims=True) == "withdrawn"
    assert await store.append(key, says("m3"), 1, claims=True) == "full"
    assert await store.append(key, says("m3"), 0, "never-sent", claims=True) == "full"
    assert await store.claim(key) is None
    await store.erase(key, 0)
    assert isinstance(await store.append(key, says("m3"), claims=True), Erased)


async def written_and_claimed(store: Store, key: int, message_id: str) -> Claim:
    """Write a message that can be claimed at once."""
    kept = await store.append(key, says(message_id), claims=True)
    assert isinstance(kept, Kept)
    assert kept.claim is not None
    return kept.claim


async def test_a_lease_keeps_others_out(store: Store, other: Store) -> None:
    """Others, and a second claim of this store, wait until it is given back; then the older claim
    can write nothing."""
    key = (await begin(store)).key
    await append(store, key, says("m1"))
    old = await claim(store, key)
    for one in (other, store):
        busy = await one.claim(key)
        assert isinstance(busy, Busy)
        assert 0 < busy.seconds <= store.lease
    assert await other.unanswered() == []
    assert await store.unanswered() == []
    await store.release(old, counts=False)
    assert await other.unanswered() == [("", SESSION)]
    new = await claim(other, key)
    assert new.attempt == 1  # the attempt that was taken back does not count
    assert new.fence > old.fence
    assert not await store.renew(old)
    assert not await store.hold(old, to("m1"))
    await store.release(old, counts=False)  # another has the lease now
    assert isinstance(await store.claim(key), Busy)
    assert await store.answer(old, to("m1", "late")) is None
    assert await other.answer(new, to("m1")) is not None
    assert await other.claim(key) is None
    assert [event.text for event in await log_of(store, key)] == ["text of m1", "ok"]


async def test_a_lease_that_has_expired_is_claimed_by_others(
    store: Store, other: Store, engine: Engine
) -> None:
    """A process that stands still loses it, and its attempt counts."""
    key = (await begin(store)).key
    await append(store, key, says("m1"))
    old = await claim(store, key)
    engine.forward(store.lease * 0.9)
    assert await store.renew(old)
    engine.forward(store.lease * 0.9)
    assert isinstance(await other.claim(key), Busy)
    engine.forward(store.lease * 0.2)
    assert await other.unanswered() == [("", SESSION)]
    new = await claim(other, key)
    assert (new.attempt, new.fence > old.fence) == (2, True)


async def test_a_lease_that_has_expired_is_not_renewed(store: Store, engine: Engine) -> None:
    """Not even if nobody else has claimed: it must be claimed again."""
    key = (await begin(store)).key
    await append(store, key, says("m1"))
    old = await claim(store, key)
    engine.forward(store.lease + 1)
    assert not await store.renew(old)
    new = await claim(store, key)
    assert new.attempt == 2
    assert not await store.renew(old)
    assert await store.renew(new)
    assert await store.answer(old, to("m1", "of the old claim")) is None
    assert await store.answer(new, to("m1")) is not None


async def test_an_answer_gives_the_lease_back(store: Store, other: Store) -> None:
    """The next message may be claimed by any node."""
    key = (await begin(store)).key
    for message_id in ("m1", "m2"):
        await append(store, key, says(message_id))
    await store.answer(await claim(store, key), to("m1"))
    assert (await claim(other, key)).message.id == "m2"


async def test_a_claim_of_nothing_takes_no_lease(store: Store, other: Store) -> None:
    """None waits, so another node may claim what comes next."""
    key = (await begin(store)).key
    assert await store.claim(key) is None
    await append(store, key, says("m1"))
    assert (await claim(other, key)).attempt == 1


async def test_a_greeting_is_written_once(store: Store, other: Store) -> None:
    """It answers no message, and sets the state."""
    key = (await begin(store)).key
    hello = Answer("_greeting", "", "Hi!", "complete", {"met": True})
    answered = await store.greet(key, hello)
    assert isinstance(answered, Answered)
    assert (answered.event.re, answered.event.role, answered.rev) == (None, "tutor", 1)
    assert await other.greet(key, hello) is None
    assert [event.id for event in await log_of(store, key)] == ["_greeting"]
    await store.erase(key, 1)
    assert await store.greet(key, hello) == Erased()


# --- usage ----------------------------------------------------------------------------------------


async def test_usage_adds_up_by_account_and_day(store: Store, other: Store) -> None:
    """It is written with the answer, also with one that is held; an old claim adds nothing."""
    one, two = await begin(store, "ada", "one"), await begin(store, "ada", "two")
    for key in (one.key, two.key):
        await append(store, key, says("m1"))
    assert await spent(store, one.key, DAY) == 0
    old = await claim(store, one.key)
    await store.release(old)
    new = await claim(other, one.key)
    assert await store.answer(old, to("m1", usage=Usage(DAY, 1000, 1000))) is None
    await other.answer(new, to("m1", usage=Usage(DAY, 10, 5)))
    await store.hold(await claim(store, two.key), to("m1", usage=Usage(DAY, 1, 2)))
    assert await spent(store, one.key, DAY) == await spent(other, two.key, DAY) == 18
    await store.approve(two.key, "m1")
    assert await spent(store, one.key, DAY) == 18
    third = await begin(store, "alan", "one")
    assert await spent(store, one.key, "2026-11-30") == await spent(store, third.key, DAY) == 0


async def test_usage_without_accounts_belongs_to_the_session(store: Store) -> None:
    """A session does not pay for another one, and its usage ends with it."""
    one, two = await begin(store, "", "one"), await begin(store, "", "two")
    await append(store, one.key, says("m1"))
    await store.answer(await claim(store, one.key), to("m1", usage=Usage(DAY, 10, 5)))
    assert (await spent(store, one.key, DAY), await spent(store, two.key, DAY)) == (15, 0)
    await store.erase(one.key, 0)
    assert await store.spent(one.key, DAY) == Erased()
    assert await spent(store, (await begin(store, "", "one")).key, DAY) == 0


async def test_usage_comes_with_the_groups(store: Store) -> None:
    """A budget may belong to a group."""
    head = await store.create_session("ada", "one", frozenset({"staff", "year-1"}))
    assert isinstance(head, Head)
    assert await store.spent(head.key, DAY) == Spent(0, frozenset({"staff", "year-1"}))
