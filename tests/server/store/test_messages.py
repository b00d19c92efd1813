"""The contract of a store: the learner's messages, and reading the log."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.stores import answer, append, begin, claim, head_of, log_of, says
from tutor_widget.server import Store
from tutor_widget.server.store import Erased, Kept, Message
from tutor_widget.wire import encode_bytes

CONTEXT = {"cell": "ü" * 10}


async def test_writes_take_effect_in_the_order_of_the_calls(store: Store) -> None:
    """The order of the awaits does not matter, and sequence numbers have no holes."""
    head = await begin(store)
    outcomes = [store.append(head.key, says(f"m{n}")) for n in range(300)]
    for n, outcome in reversed(list(enumerate(outcomes))):
        kept = await outcome
        assert isinstance(kept, Kept)
        assert (kept.event.seq, kept.fresh) == (n + 1, True)


async def test_an_id_is_written_once(store: Store, other: Store) -> None:
    """A repeat is the same event, another text a conflict, a withdrawn id stays withdrawn."""
    key = (await begin(store)).key
    first = await append(store, key, says("m1"))
    assert await other.append(key, says("m1")) == Kept(first, fresh=False)
    assert await store.append(key, Message("m1", "else")) == "conflict"
    assert await store.withdraw(key, "m1") == Kept(first, fresh=False)
    assert await store.withdraw(key, "m2") == "withdrawn"
    assert await store.withdraw(key, "m2") == "withdrawn"
    assert await other.append(key, says("m2")) == "withdrawn"
    assert await store.find(key, "m1", "else") == "conflict"
    assert await store.find(key, "m2") == "withdrawn"
    assert await store.find(key, "m3") is None
    assert (await head_of(store, key)).seq == 1


async def test_a_message_is_kept_whole_for_its_answer(store: Store) -> None:
    """The claim has text, context, revision and language as they were sent first."""
    key = (await begin(store)).key
    message = Message("m1", "hi", CONTEXT, rev=7, lang="de")
    await append(store, key, message)
    again = await store.append(key, Message("m1", "hi", {}, rev=8, lang="fr"))
    assert isinstance(again, Kept)
    assert (await claim(store, key)).message == message


async def test_events_are_read_in_pages(store: Store) -> None:
    """A page is bounded by a number of events and by their size, and has one event at least."""
    key = (await begin(store)).key
    for n in range(1, 6):
        await append(store, key, Message(f"m{n}", "x" * 1000))

    async def seqs(before: bool, at: int, limit: int, size: int) -> list[int]:
        read = store.read_before if before else store.read
        events = await read(key, at, limit, size)
        assert not isinstance(events, Erased)
        return [event.seq for event in events]

    assert await seqs(False, 0, 10, 1 << 20) == [1, 2, 3, 4, 5]
    assert await seqs(False, 1, 2, 1 << 20) == [2, 3]
    assert await seqs(False, 1, 9, 1) == [2]
    assert await seqs(False, 5, 9, 1) == []
    assert await seqs(True, 5, 2, 1 << 20) == [3, 4]
    assert await seqs(True, 5, 9, 1500) == [3, 4]
    assert await seqs(True, 1, 9, 1) == []


@pytest.mark.parametrize("sign", ["x", "\0", '"', "\\", "ü", "語", "😀"])
@pytest.mark.parametrize("length", [1, 100, 3000])
async def test_a_page_is_bounded_by_its_bytes_of_json(store: Store, sign: str, length: int) -> None:
    """Only one event exceeds them, whatever the texts need to be written in JSON."""
    key = (await begin(store)).key
    events = [await append(store, key, Message(f"m{n}", sign * length)) for n in range(12)]
    sizes = [len(encode_bytes(event)) for event in events]
    for most in (sum(sizes[:4]) - 20, sum(sizes[:9]) - 20, sum(sizes) + 20, 1 << 30):
        for page in (
            await store.read(key, 0, 100, most),
            await store.read_before(key, 100, 100, most),
        ):
            assert not isinstance(page, Erased)
            sizes_there = [len(encode_bytes(event)) + 1 for event in page]
            assert sum(sizes_there) - max(sizes_there) < most
            assert len(page) == len(events) or sum(sizes_there) >= most


async def test_an_account_stores_as_much_as_it_may(store: Store) -> None:
    """Texts, answers and contexts of all its sessions count, in UTF-8; a repeat is answered.

    The size of the message itself does not matter: else a short one might overtake a long one.
    """
    one, two = await begin(store, "ada", "one"), await begin(store, "ada", "two")
    alan = await begin(store, "alan", "one")
    kept = await store.append(one.key, Message("m1", "ä" * 50), 100)
    assert isinstance(kept, Kept)
    assert await store.append(two.key, Message("m1", "x"), 100) == "full"
    assert (await head_of(store, two.key)).seq == 0
    assert await store.append(one.key, Message("m1", "ä" * 50), 100) == Kept(
        kept.event, fresh=False
    )
    assert isinstance(await store.append(alan.key, Message("m1", "x"), 100), Kept)
    await answer(store, one.key, "é" * 10)
    assert await store.append(two.key, Message("m1", "x"), 120) == "full"
    assert isinstance(await store.append(two.key, Message("m1", "x"), 121), Kept)
    context = len('{"cell":"ä"}'.encode())
    more = Message("m2", "x", {"cell": "ä"})
    assert await store.append(two.key, more, 121) == "full"
    assert isinstance(await store.append(two.key, more, 122), Kept)
    assert await store.append(two.key, Message("m3", "x"), 122 + context) == "full"
    assert isinstance(await store.append(two.key, Message("m3", "x"), 123 + context), Kept)


async def test_what_is_written_at_the_same_time_counts(store: Store) -> None:
    """Two sessions of an account, in one commit of some engines: the second finds no room."""
    one, two = await begin(store, "ada", "one"), await begin(store, "ada", "two")
    alan = await begin(store, "alan", "one")
    sent = [(one.key, "m1"), (two.key, "m1"), (alan.key, "m1"), (one.key, "m2")]
    outcomes = await asyncio.gather(
        *(store.append(key, Message(message_id, "x" * 10), 10) for key, message_id in sent)
    )
    assert [outcome == "full" for outcome in outcomes] == [False, True, False, True]


async def test_a_message_does_not_overtake_one_that_was_refused(store: Store) -> None:
    """Although room was made between the two: it is refused until the first is written or gone."""
    one, two = await begin(store, "ada", "one"), await begin(store, "ada", "two")
    await append(store, two.key, Message("m0", "x" * 100))
    first = store.append(one.key, says("m1"), 100)
    store.erase(two.key, 1)
    second = store.append(one.key, says("m2"), 100, behind="m1")
    third = store.append(one.key, says("m3"), 100, behind="m2")
    assert [await first, await second, await third] == ["full"] * 3
    assert await store.withdraw(one.key, "m1") == "withdrawn"
    assert isinstance(await store.append(one.key, says("m2"), 100, behind="m1"), Kept)
    assert isinstance(await store.append(one.key, says("m3"), 100, behind="m2"), Kept)


async def test_what_was_erased_frees_its_bytes(store: Store) -> None:
    """The session's own bytes, and those of a context that expired, no more and no fewer."""
    one, two = await begin(store, "ada", "one"), await begin(store, "ada", "two")
    await append(store, one.key, Message("m1", "x" * 60, {"cell": "y" * 10}))
    await answer(store, one.key, "z" * 10)
    await append(store, two.key, Message("m1", "x" * 20))
    assert await store.expire_contexts(0) == 1
    assert await store.append(two.key, Message("m2", "x" * 10), 90) == "full"
    assert isinstance(await store.append(two.key, Message("m2", "x" * 10), 91), Kept)
    await store.erase(one.key, 1)
    assert await store.append(two.key, Message("m3", "x"), 30) == "full"
    assert isinstance(await store.append(two.key, Message("m3", "x"), 31), Kept)


async def test_no_exception_tells_of_an_erased_session(store: Store, other: Store) -> None:
    """Each method that names its key answers `Erased`, in every process."""
    key = (await begin(store)).key
    await append(store, key, says("m1"))
    await other.erase(key, 1)
    assert await store.head(key) == Erased()
    assert await store.append(key, says("m2")) == Erased()
    assert await store.withdraw(key, "m2") == Erased()
    assert await store.stop(key, "m1") == Erased()
    assert await store.find(key, "m1") == Erased()
    assert await store.read(key, 0, 9, 9) == Erased()
    assert await store.read_before(key, 9, 9, 9) == Erased()
    assert await store.claim(key) == Erased()
    assert await store.approve(key, "m1") == Erased()
    assert await store.report(key, "_m1", None) == Erased()
    assert await store.notice(key, "n1", "Ms Lovelace", "hi") == Erased()
    assert await store.entries(key, 0, 9) == Erased()
    await store.erase(key, 1)
    assert await store.unanswered() == []


async def test_a_read_is_empty_and_not_erased_at_the_end_of_a_log(store: Store) -> None:
    """A session without events exists."""
    key = (await begin(store)).key
    assert await log_of(store, key) == []
    assert await store.read_before(key, 1, 9, 9) == []
    assert await store.entries(key, 0, 9) == []
