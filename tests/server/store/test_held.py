"""The contract of a store: answers that wait for a person, and until when."""

from __future__ import annotations

import asyncio

from tests.support.engines import Engine
from tests.support.servers.peers import SESSION
from tests.support.stores import append, begin, claim, head_of, log_of, says
from tutor_widget.server import Store
from tutor_widget.server.store import (
    Answer,
    Answered,
    Erased,
    Head,
    Held,
    HeldAnswer,
    Message,
)

HELD = "secret"
INSTEAD = "Please ask your teacher."


async def held(
    store: Store,
    name: str = SESSION,
    seconds: float | None = None,
    otherwise: str | None = None,
    *,
    account: str = "",
) -> int:
    """A session with a held answer to the message m1; its key."""
    head = await store.create_session(account, name, frozenset({"math"}))
    assert isinstance(head, Head)
    await append(store, head.key, Message("m1", "why?"))
    answer = Answer("_m1", "m1", HELD, "complete", {"n": 1}, {"step": 2})
    assert await store.hold(await claim(store, head.key), answer, seconds, otherwise)
    return head.key


async def record_of(store: Store, key: int) -> dict[str, object]:
    """The record of the newest event."""
    entries = await store.entries(key, 0, 100)
    assert not isinstance(entries, Erased)
    return entries[-1].record


# --- approval -------------------------------------------------------------------------------------


async def test_a_held_answer_waits_for_a_person(store: Store, other: Store) -> None:
    """Nothing of it is in the log or in the state; the next message waits, too."""
    key = (await begin(store)).key
    for message_id in ("m1", "m2"):
        await append(store, key, says(message_id))
    claimed, answer = await claim(store, key), Answer("_m1", "m1", HELD, "complete", {"n": 1})
    assert await store.hold(claimed, answer)
    assert not await store.hold(claimed, answer)
    assert await store.answer(claimed, answer) is None
    head = await head_of(other, key)
    assert (head.seq, head.held, head.waiting, head.state) == (2, "m1", ("m1", "m2"), {})
    assert await other.claim(key) == Held("m1")
    assert await other.unanswered() == []
    approved = await other.approve(key, "m1")
    assert isinstance(approved, Answered)
    assert (approved.event.text, approved.event.status, approved.rev) == (HELD, "complete", 1)
    assert await other.approve(key, "m1") is None
    assert (await head_of(store, key)).held is None
    assert (await claim(store, key)).message.id == "m2"


async def test_of_two_approvals_the_first_counts(store: Store, other: Store) -> None:
    """The other one is told so, and changes nothing: one event, with one person's text."""
    key = await held(store)
    both = await asyncio.gather(
        store.approve(key, "m1", "one", by="Ms Grey"), other.approve(key, "m1", "two", by="Mr Ink")
    )
    (written,) = [one for one in both if isinstance(one, Answered)]
    assert None in both
    assert [event.id for event in await log_of(store, key)] == ["m1", "_m1"]
    assert (await log_of(store, key))[-1] == written.event
    by = {"one": "Ms Grey", "two": "Mr Ink"}[written.event.text]
    assert await record_of(store, key) == {"step": 2, "approved": {"by": by, "edited": True}}
    assert await store.approve(key, "m1", by="Ms Grey") is None


async def test_who_approved_an_answer_is_in_its_record(store: Store) -> None:
    """Edited is what has another text than the tutor's."""
    for name, text, edited in (("a", None, False), ("b", HELD, False), ("c", "better", True)):
        key = await held(store, name)
        approved = await store.approve(key, "m1", text, by="Ms Grey")
        assert isinstance(approved, Answered)
        assert approved.event.text == (text or HELD)
        assert await record_of(store, key) == {
            "step": 2,
            "approved": {"by": "Ms Grey", "edited": edited},
        }


async def test_a_program_approves_in_no_ones_name(store: Store) -> None:
    """Before the time is over it is the held text that goes out."""
    key = await held(store, seconds=60, otherwise=INSTEAD)
    approved = await store.approve(key, "m1")
    assert isinstance(approved, Answered)
    assert approved.event.text == HELD
    assert (await record_of(store, key))["approved"] == {"by": None, "edited": False}


async def test_a_held_answer_may_be_stopped(store: Store, engine: Engine) -> None:
    """It is written `stopped` and empty, its state is dropped, and nobody has approved it."""
    key = await held(store, seconds=60, otherwise=INSTEAD)
    assert await store.stop(key, "m1") is True
    engine.forward(60)
    answered = await store.approve(key, "m1", "text", by="Ms Grey")
    assert isinstance(answered, Answered)
    assert (answered.event.text, answered.event.status, answered.rev) == ("", "stopped", 0)
    assert await record_of(store, key) == {"step": 2}


# --- its time -------------------------------------------------------------------------------------


async def test_what_is_held_is_listed_oldest_first(store: Store, engine: Engine) -> None:
    """With the learner's question, and with whose it is; what was published is not."""
    two = await held(store, "two", account="ada")
    engine.forward(5)
    one = await held(store, "one", 60, account="alan")
    engine.forward(5)
    gone = await held(store, "gone")
    await store.approve(gone, "m1")
    first, second = await store.held()
    assert first == HeldAnswer(
        two,
        "ada",
        "two",
        frozenset({"math"}),
        "m1",
        "why?",
        HELD,
        {"step": 2},
        first.at,
        None,
    )
    assert (second.key, second.account, second.name) == (one, "alan", "one")
    assert second.until == second.at + 60_000
    assert 5_000 <= second.at - first.at < 60_000


async def test_an_answer_is_overdue_when_its_time_is_over(
    store: Store, other: Store, engine: Engine
) -> None:
    """Not before, and not without a time; until it is published, by whichever node."""
    await held(store, "forever")
    await held(store, "later", 120)
    key = await held(store, "soon", 60)
    assert await other.overdue() == []
    engine.forward(60)
    assert await other.overdue() == await store.overdue() == [("", "soon", "m1")]
    await other.approve(key, "m1")
    assert await store.overdue() == []
    assert (await log_of(store, key))[-1].text == HELD
    engine.forward(60)
    assert await store.overdue() == [("", "later", "m1")]


async def test_another_text_may_go_out_when_the_time_is_over(store: Store, engine: Engine) -> None:
    """Nobody has approved it, and the held text stays unread."""
    key = await held(store, seconds=60, otherwise=INSTEAD)
    engine.forward(60)
    approved = await store.approve(key, "m1")
    assert isinstance(approved, Answered)
    assert approved.event.text == INSTEAD
    assert await record_of(store, key) == {
        "step": 2,
        "approved": {"by": None, "edited": True},
    }


async def test_a_person_may_approve_after_the_time(store: Store, engine: Engine) -> None:
    """If nothing has gone out by itself: then what the person has read does."""
    for name, text in (("a", None), ("b", "better")):
        key = await held(store, name, 60, INSTEAD)
        engine.forward(60)
        approved = await store.approve(key, "m1", text, by="Ms Grey")
        assert isinstance(approved, Answered)
        assert approved.event.text == (text or HELD)


async def test_an_erased_session_takes_its_held_answer_along(store: Store, engine: Engine) -> None:
    """It is neither listed nor due."""
    key = await held(store, seconds=60)
    engine.forward(60)
    await store.erase(key, 0)
    assert (await store.held(), await store.overdue()) == ([], [])
    assert await store.approve(key, "m1") == Erased()


async def test_an_answer_that_is_not_held_is_not_approved(store: Store) -> None:
    """Neither one that waits, nor one that nobody knows."""
    key = (await begin(store)).key
    await append(store, key, says("m1"))
    assert await store.approve(key, "m1") is None
    assert await store.approve(key, "unknown") is None
