"""The contract of a store: reports, what people make of them, and notices that answer them."""

from __future__ import annotations

from tests.support.engines import Engine
from tests.support.stores import answer, append, begin, log_of, says
from tutor_widget.server import Store
from tutor_widget.server.store import Erased, Head, Kept, Report


async def reported(store: Store, reason: str | None = "wrong", shared: bool = False) -> int:
    """A session of ada with a report of the message _m1; its key."""
    head = await store.create_session("ada", "s", frozenset({"math", "de"}))
    assert isinstance(head, Head)
    await append(store, head.key, says("m1"))
    await answer(store, head.key)
    assert await store.report(head.key, "_m1", reason, shared) is True
    return head.key


async def only(store: Store) -> Report:
    """The one report that there is; an export has the same."""
    (report,) = await store.reports(0, 10)
    entries = await store.entries(report.key, 0, 10)
    assert not isinstance(entries, Erased)
    assert [entry.report for entry in entries if entry.event.id == report.event_id] == [report]
    return report


async def test_a_second_report_replaces_the_first(store: Store, engine: Engine) -> None:
    """Only a tutor's message can be reported."""
    key = await reported(store)
    assert await store.report(key, "m1", "mine") is False
    assert await store.report(key, "unknown", None) is False
    engine.forward(60)
    assert await store.report(key, "_m1", None) is True
    report = await only(store)
    assert (report.key, report.event_id, report.reason) == (key, "_m1", None)
    assert await store.reports(report.at, 10) == [report]
    assert await store.reports(report.at + 1, 10) == []


async def test_reports_come_oldest_first(store: Store, engine: Engine) -> None:
    """At most as many as asked for."""
    key = (await begin(store)).key
    for message_id in ("m2", "m1", "m3"):
        await append(store, key, says(message_id))
        await answer(store, key)
        await store.report(key, f"_{message_id}", None)
        engine.forward(1)
    assert [report.event_id for report in await store.reports(0, 2)] == ["_m2", "_m1"]


async def test_a_report_says_whose_it_is_and_what_may_be_read(store: Store) -> None:
    """Teachers read the conversation around it only where the learner agrees."""
    key = await reported(store)
    report = await only(store)
    assert (report.account, report.groups) == ("ada", frozenset({"math", "de"}))
    assert (report.state, report.shared) == ("open", False)
    await store.report(key, "_m1", "wrong", True)
    assert (await only(store)).shared is True
    await store.report(key, "_m1", "wrong")
    assert (await only(store)).shared is False


async def test_a_report_is_settled_and_opened_again(store: Store, other: Store) -> None:
    """By a person, and by the learner who reports the message once more."""
    key = await reported(store)
    for state in ("closed", "answered", "open", "closed"):
        assert await other.settle_report(key, "_m1", state) is True
        assert (await only(store)).state == state
    await store.report(key, "_m1", "still wrong")
    report = await only(other)
    assert (report.state, report.reason) == ("open", "still wrong")


async def test_only_a_report_is_settled(store: Store) -> None:
    """No other message, and none of an erased session."""
    key = await reported(store)
    assert await store.settle_report(key, "m1", "closed") is False
    assert await store.settle_report(key, "unknown", "closed") is False
    await store.erase(key, 0)
    assert await store.settle_report(key, "_m1", "closed") == Erased()


async def test_a_notice_answers_a_report(store: Store, other: Store) -> None:
    """Once: the same notice again changes nothing of a report that came after it."""
    key = await reported(store)
    kept = await other.notice(key, "_n1", "Ms Grey", "You are right.", answers="_m1")
    assert isinstance(kept, Kept)
    assert kept.fresh
    assert (await only(store)).state == "answered"
    await store.report(key, "_m1", "still wrong")
    again = await other.notice(key, "_n1", "Ms Grey", "You are right.", answers="_m1")
    assert again == Kept(kept.event, fresh=False)
    assert (await only(store)).state == "open"
    assert [event.id for event in await log_of(store, key)] == ["m1", "_m1", "_n1"]


async def test_a_notice_answers_one_report(store: Store, engine: Engine) -> None:
    """Without one it is a notice like any other; a lost result answers no later report."""
    key = await reported(store)
    for number, answers in enumerate((None, "m1", "unknown")):
        kept = await store.notice(key, f"_n{number}", "Ms Grey", "Hello.", answers=answers)
        assert isinstance(kept, Kept)
        assert kept.fresh
    assert (await only(store)).state == "open"
    engine.lose_next_result()
    await store.notice(key, "_n", "Ms Grey", "You are right.", answers="_m1")
    assert (await only(store)).state == "answered"
    assert len(await log_of(store, key)) == 6
