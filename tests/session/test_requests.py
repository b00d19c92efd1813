"""Reports and the deletion of the conversation: journalled, and sent until they are done."""

from __future__ import annotations

import pytest

from tests.support.driver import (
    FOREIGN,
    Driver,
    back,
    closed,
    event,
    frames,
    loaded,
    saved,
    saves,
    sent,
    shown,
    welcome,
)
from tutor_widget import wire
from tutor_widget.errors import NotFound, Refused
from tutor_widget.session import Request, Session
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev
from tutor_widget.session.phase import Phase

OFFERS = ["report", "erase"]
ANSWER = event(1, "_a", re="m0")


def live(*replay: wire.Event, **keys: object) -> Driver:
    driver = Driver()
    driver.live(*(replay or (ANSWER,)), offers=OFFERS, **keys)
    return driver


def report(driver: Driver, id: str = "r1", event: str = "_a", reason: str = "rude") -> None:
    driver.happens(ev.ReportRequested(id, event, reason, 0))


def erase(driver: Driver, id: str = "r9") -> list[wire.ClientFrame]:
    """Ask for it, and let the journal have that; returns what is sent."""
    driver.happens(ev.ErasureRequested(id, 0))
    return frames(driver.happens(ev.Saved((id,))))


def refusal(driver: Driver) -> str:
    return driver.session.refusal


def requested(frame: wire.ClientFrame) -> bool:
    return isinstance(frame, wire.Report | wire.Erase)


# --- reports ------------------------------------------------------------------------------------


def test_a_report_is_in_the_journal_before_it_is_sent() -> None:
    """It names its account, and leaves the journal when the server has it."""
    driver = live(account="A")
    effects = driver.happens(ev.ReportRequested("r1", "_a", "rude", 0))
    assert saves(effects) == {"r1": "A"}
    assert frames(effects) == []
    assert frames(driver.happens(ev.Saved(("r1",)))) == [wire.Report("_a", "rude")]
    effects = driver.receive(wire.Reported("_a"))
    assert effects == [do.Forget("r1"), do.RequestsChanged()]
    assert driver.session.requests.reported == {"_a": None}


@pytest.mark.parametrize("share", [True, False])
def test_what_a_report_shares_is_what_was_agreed_to(share: bool) -> None:
    """In the journal, on each connection, and after a restart; a second report decides anew."""
    driver = live()
    effects = driver.happens(ev.ReportRequested("r1", "_a", "rude", 0, share))
    (kept,) = [e.entry for e in effects if isinstance(e, do.Save)]
    assert isinstance(kept, Request)
    assert kept.share is share
    said = wire.Report("_a", "rude", True if share else None)
    assert frames(driver.happens(ev.Saved(("r1",)))) == [said]
    driver.drop()
    assert said in frames(driver.live(offers=OFFERS))
    driver.happens(ev.ReportRequested("r2", "_a", "", 0, not share))
    driver.happens(ev.Saved(("r2",)))
    assert frames(driver.receive(wire.Reported("_a"))) == [
        wire.Report("_a", None, None if share else True)
    ]


def test_a_report_is_sent_after_each_welcome_until_it_is_confirmed() -> None:
    """Once on each connection."""
    driver = live()
    report(driver)
    driver.happens(ev.Saved(("r1",)))
    for _ in range(2):
        driver.drop()
        effects = driver.live(offers=OFFERS)
        assert list(filter(requested, frames(effects))) == [wire.Report("_a", "rude")]
        assert frames(driver.tick()) == []
    driver.receive(wire.Reported("_a"))
    driver.drop()
    assert list(filter(requested, frames(driver.live(offers=OFFERS)))) == []


def test_a_second_report_replaces_the_first_and_is_not_taken_for_it() -> None:
    """It waits for the answer to the first, and is then sent."""
    driver = live()
    report(driver)
    driver.happens(ev.Saved(("r1",)))
    effects = driver.happens(ev.ReportRequested("r2", "_a", "wrong", 0))
    assert do.Forget("r1") in effects
    assert frames(driver.happens(ev.Saved(("r2",)))) == []
    assert frames(driver.receive(wire.Reported("_a"))) == [wire.Report("_a", "wrong")]
    assert driver.session.requests.reported == {}
    assert do.Forget("r2") in driver.receive(wire.Reported("_a"))


def test_a_report_that_is_refused_for_now_is_sent_again_then() -> None:
    """The session wakes up for it; messages go on meanwhile."""
    driver = live()
    report(driver)
    driver.happens(ev.Saved(("r1",)))
    driver.receive(wire.Refused("_a", "rate", "Slower.", 1.5))
    assert driver.due == pytest.approx(1.5)
    assert sent(driver.say("m1")) == ["m1"]
    driver.receive(event(2, "m1"))
    assert frames(driver.tick(after=1.4)) == []
    assert frames(driver.tick(after=0.2)) == [wire.Report("_a", "rude")]


def test_a_report_that_is_refused_for_good_is_dropped() -> None:
    """It is neither sent again nor shown as reported, and the learner is told."""
    driver = live()
    report(driver)
    driver.happens(ev.Saved(("r1",)))
    effects = driver.receive(wire.Refused("_a", "full", "No."))
    assert {do.Forget("r1"), do.ConnectionChanged()} <= set(effects)
    assert (driver.session.requests.waiting, driver.session.requests.reported) == ({}, {})
    assert driver.session.refusal == "report_refused"


@pytest.mark.parametrize(
    ("replay", "keys"),
    [
        ((ANSWER,), {"epoch": "e2"}),
        ((event(1, "_other"),), {"epoch": "e1"}),
        ((), {"epoch": "e1"}),
    ],
    ids=["another log", "another event in its place", "an older log"],
)
def test_a_report_is_dropped_when_its_event_is_gone(
    replay: tuple[wire.Event, ...], keys: dict[str, str]
) -> None:
    """The server would ignore it forever."""
    driver = live()
    report(driver)
    driver.happens(ev.Saved(("r1",)))
    driver.drop()
    effects = driver.live(*replay, reset=True, first=1, seq=len(replay), offers=OFFERS, **keys)
    assert do.Forget("r1") in effects
    assert list(filter(requested, frames(effects))) == []


def test_a_report_of_an_event_before_those_held_is_sent() -> None:
    """Whether the log has it only the server knows."""
    driver = live()
    report(driver)
    driver.happens(ev.Saved(("r1",)))
    driver.drop()
    newest = [event(seq) for seq in range(7, 9)]
    effects = driver.live(*newest, reset=True, first=7, seq=8, offers=OFFERS)
    assert list(filter(requested, frames(effects))) == [wire.Report("_a", "rude")]


def test_a_report_that_the_server_has_and_ignores_is_dropped() -> None:
    """Its event is gone from the part of the log that only the server has. A server that may not
    have it is asked again."""
    driver = live()
    report(driver)
    driver.happens(ev.Saved(("r1",)))
    for _ in range(8):
        driver.heard(after=10.0)
        assert do.Forget("r1") not in driver.tick()
    driver.heard(after=9.0)
    driver.drop()
    newest = [event(seq) for seq in range(7, 9)]
    driver.live(*newest, reset=True, first=7, seq=8, offers=OFFERS)
    effects = []
    for _ in range(9):
        driver.heard(after=10.0)
        effects += driver.tick()
    assert do.Forget("r1") in effects
    assert driver.session.refusal == "report_refused"


def test_a_report_is_not_taken_for_ignored_after_a_sleep() -> None:
    """What the server sent before it dropped the sleeping client is read when that wakes."""
    driver = live()
    report(driver)
    driver.happens(ev.Saved(("r1",)))
    driver.now += 200.0
    driver.happens(ev.Nudged(ev.Nudge.WAKE))
    driver.heard()
    driver.tick()
    assert driver.session.requests.waiting.keys() == {"r1"}


def test_only_an_answer_that_is_held_can_be_reported() -> None:
    """And only where the server takes reports. Nothing is kept otherwise."""
    driver = live(ANSWER, event(2, "m2"), event(3, "_n", role="notice"))
    for unknown in ("m2", "_n", "nothing"):
        with pytest.raises(NotFound, match=f"no answer '{unknown}'"):
            report(driver, event=unknown)
    elsewhere = Driver()
    elsewhere.live(ANSWER)
    with pytest.raises(Refused, match="takes no reports"):
        report(elsewhere)
    with pytest.raises(NotFound):
        report(Driver(), event="no id")
    assert driver.session.requests.waiting == {}


def test_what_an_earlier_process_asked_for_goes_out() -> None:
    """From its journal; a report of this process replaces that of the same answer."""
    driver = Driver()
    old = Request("r0", "report", 0, "_a", 1, "e1", "old")
    driver.happens(ev.Loaded((old,)))
    assert list(filter(requested, frames(driver.live(ANSWER, offers=OFFERS)))) == [
        wire.Report("_a", "old")
    ]
    report(driver)
    effects = driver.happens(ev.Loaded((Request("r00", "report", 0, "_a", 1, "e1", "older"),)))
    assert do.Forget("r00") in effects
    assert driver.session.requests.waiting.keys() == {"r1"}


def test_a_report_that_is_found_late_is_dropped_if_its_event_is_gone() -> None:
    """A journal may be adopted while the connection is live."""
    driver = live()
    effects = driver.happens(ev.Loaded((Request("r0", "report", 0, "_gone", 1, "e1", "old"),)))
    assert do.Forget("r0") in effects
    assert list(filter(requested, frames(effects))) == []


def test_requests_belong_to_their_account() -> None:
    """They are sent to no other; what belongs to none becomes the first one's, durably."""
    driver = live(account="A")
    report(driver)
    driver.happens(ev.Saved(("r1",)))
    assert list(filter(requested, frames(back(driver, "B", ANSWER, offers=OFFERS)))) == []
    assert not driver.session.is_erasing
    effects = back(driver, "A", ANSWER, offers=OFFERS)
    assert list(filter(requested, frames(effects))) == [wire.Report("_a", "rude")]

    driver = live()
    report(driver)
    driver.happens(ev.Saved(("r1",)))
    effects = back(driver, "A", ANSWER, offers=OFFERS)
    assert saves(effects) == {"r1": "A"}
    assert list(filter(requested, frames(effects))) == []
    assert frames(driver.happens(ev.Saved(("r1",)))) == [wire.Report("_a", "rude")]


# --- deleting the conversation --------------------------------------------------------------------


def test_a_deletion_is_journalled_sent_and_sent_again_until_it_is_done() -> None:
    """Then the journal is erased, and no request is left."""
    driver = live(account="A")
    effects = driver.happens(ev.ErasureRequested("r9", 0))
    assert saves(effects) == {"r9": "A"}
    assert frames(effects) == []
    effects = driver.happens(ev.Saved(("r9",)))
    assert effects == [do.RequestsChanged(), do.Transmit(wire.Erase())]
    driver.drop()
    effects = driver.live(offers=OFFERS, account="A")
    assert [frame for frame in frames(effects) if requested(frame)] == [wire.Erase()]
    effects = driver.drop(closed(4410))
    assert do.Erased("A") in effects
    assert driver.session.is_erased
    assert driver.session.requests.waiting == {}
    assert not driver.session.is_erasing


def test_nothing_is_sent_or_said_in_a_conversation_that_is_to_be_deleted() -> None:
    """What waits is dropped with it, so the tutor need not read it."""
    driver = live()
    driver.drop()
    driver.say("m1")
    driver.happens(ev.ErasureRequested("r9", 0))
    driver.happens(ev.Saved(("r9",)))
    with pytest.raises(Refused, match="being deleted"):
        driver.happens(ev.Typed("m2", "hello", 0))
    effects = driver.live(offers=OFFERS)
    assert sent(effects) == []
    assert wire.Erase() in frames(effects)
    assert do.TakenBack("m1") in driver.drop(closed(4410))
    with pytest.raises(Refused, match="Start a new conversation"):
        driver.happens(ev.Typed("m2", "hello", 0))
    assert driver.session.outgoing.messages == {}


def test_a_server_that_swallows_a_deletion_counts_as_dead() -> None:
    """After half a minute, as for a message, although pongs come."""
    driver = live()
    assert erase(driver) == [wire.Erase()]
    for _ in range(29):
        driver.heard(after=1.0)
        driver.tick()
    assert driver.session.status == "connected"
    driver.heard(after=1.5)
    driver.tick()
    assert driver.session.status == "reconnecting"


def test_a_deletion_is_asked_for_only_where_it_is_offered() -> None:
    """A second one changes nothing."""
    driver = Driver()
    driver.live()
    with pytest.raises(Refused, match="does not delete"):
        erase(driver)
    driver = live()
    erase(driver)
    assert driver.happens(ev.ErasureRequested("r10", 0)) == []


def test_a_deletion_that_the_server_no_longer_offers_does_not_close_the_conversation() -> None:
    """It is dropped and the learner is told; then the conversation goes on."""
    driver = live()
    erase(driver)
    driver.drop()
    effects = driver.live(offers=["report"])
    assert wire.Erase() not in frames(effects)
    assert {do.Forget("r9"), do.RequestsChanged()} <= set(effects)
    assert (driver.session.is_erasing, driver.session.can_send) == (False, False)
    assert refusal(driver) == "no_erasure"
    assert sent(driver.say("m1")) == ["m1"]
    assert refusal(driver) == ""


def test_what_is_asked_for_before_the_first_welcome_waits_for_it() -> None:
    """It is journalled at once, and sent where it is offered."""
    driver = Driver()
    assert saves(driver.happens(ev.ReportRequested("r1", "_a", "rude", 0))) == {"r1": None}
    assert saves(driver.happens(ev.ErasureRequested("r9", 0))) == {"r9": None}
    driver.happens(ev.Saved(("r1", "r9")))
    assert driver.session.is_erasing
    effects = driver.live(ANSWER, offers=OFFERS)
    asked = list(filter(requested, frames(effects)))
    assert asked == [wire.Report("_a", "rude"), wire.Erase()]
    assert refusal(driver) == ""


@pytest.mark.parametrize(
    ("offers", "code"), [(["erase"], "no_reports"), (["report"], "no_erasure")]
)
def test_what_was_asked_for_too_early_is_dropped_where_it_is_not_offered(
    offers: list[str], code: str
) -> None:
    """The learner is told, until the next request; also of what a journal still holds then."""
    driver = Driver()
    report(driver)
    driver.happens(ev.ErasureRequested("r9", 0))
    driver.happens(ev.Saved(("r1", "r9")))
    effects = driver.live(ANSWER, offers=offers, account="A")
    dropped = "r9" if code == "no_erasure" else "r1"
    assert do.Forget(dropped) in effects
    assert dropped not in saves(effects)
    assert refusal(driver) == code
    late = Request("late", "report" if dropped == "r1" else "erase", 0, "_a", account="A")
    assert do.Forget("late") in driver.happens(ev.Loaded((late,)))
    assert driver.session.requests.waiting.keys() == {"r1", "r9"} - {dropped}
    if code == "no_erasure":
        report(driver, "r2")
        assert refusal(driver) == ""


def test_a_deletion_that_waits_in_a_journal_counts_before_the_first_welcome() -> None:
    """If it is of no account, or of the one that the session began with."""
    for account in (None, "A"):
        for session in (Session("s", "i", now=0.0, account=account), Driver().session):
            session.step(ev.Loaded((Request("r9", "erase", 0, account=account),)), 0.0)
            assert session.is_erasing == (account in (None, session.account))
            assert session.can_send


def test_a_deletion_of_another_account_blocks_nobody_before_the_first_welcome() -> None:
    """What is typed waits for the welcome, and goes to the account that it names."""
    driver = Driver()
    driver.happens(ev.Loaded((Request("r9", "erase", 0, account="A"),)))
    assert not driver.session.is_erasing
    driver.say("m1")
    effects = driver.live(account="B", offers=OFFERS)
    assert saves(effects) == {"m1": "B"}
    assert sent(driver.happens(ev.Saved(("m1",)))) == ["m1"]
    assert driver.session.requests.waiting.keys() == {"r9"}


def test_a_journal_that_is_found_after_the_deletion_goes_too() -> None:
    """Its owner was gone, and could not erase it itself."""
    driver = live(account="A")
    driver.drop(closed(4410))
    late = [e for e in saved(Driver().say("m7")) if e.id == "m7"]
    effects = driver.happens(ev.Loaded(tuple(late)))
    assert {do.Forget("m7"), do.TakenBack("m7"), do.Erased("A")} <= set(effects)
    assert driver.session.outgoing.messages == {}


def test_what_belongs_to_another_account_survives_the_deletion() -> None:
    """It is written into the journal anew."""
    driver = live(account="A")
    report(driver)
    driver.happens(ev.Saved(("r1",)))
    back(driver, "B", ANSWER, offers=OFFERS)
    effects = driver.drop(closed(4410))
    assert saves(effects) == {"r1": "A"}
    assert driver.session.requests.waiting.keys() == {"r1"}


def test_a_deletion_before_any_welcome_is_the_one_that_was_asked_for() -> None:
    """Another account's message stays, on disk and in the queue, as one of another sign-in."""
    driver = Driver()
    entries = (Request("r9", "erase", 0, account="A"), loaded("a", account="A"))
    driver.happens(ev.Loaded((*entries, loaded("b", account="B"))))
    driver.start().open()
    effects = driver.drop(closed(4410))
    assert {do.Erased("A"), do.Forget("r9"), do.TakenBack("a")} <= set(effects)
    assert saves(effects) == {"b": "B"}
    assert shown(driver) == {"b": FOREIGN}
    effects = driver.happens(ev.Loaded((loaded("late", account="A"),)))
    assert do.Erased("A") in effects
    assert shown(driver) == {"b": FOREIGN}
    driver.happens(ev.Nudged(ev.Nudge.BUTTON))
    driver.happens(ev.Saved(("b",)))
    assert sent(driver.live(account="B")) == ["b"]


@pytest.mark.parametrize("asked", [(), ("A", "B")])
def test_a_deletion_of_nobody_known_ends_no_accounts_messages(asked: tuple[str, ...]) -> None:
    """Before any welcome: nobody asked for it here, or two accounts did. What was typed here goes.
    What is left may be another's, even where it is of one account alone."""
    driver = Driver()
    requests = [Request(f"r{account}", "erase", 0, account=account) for account in asked]
    driver.say("typed")
    driver.happens(ev.Loaded((*requests, loaded("a", account="A"))))
    driver.start().open()
    effects = driver.drop(closed(4410))
    assert {do.Erased(None), do.TakenBack("typed")} <= set(effects)
    assert shown(driver) == {"a": FOREIGN}


@pytest.mark.parametrize("asked", ["A", "B"])
def test_a_deletion_before_any_welcome_is_of_the_account_of_an_earlier_process(asked: str) -> None:
    """The credentials were welcomed as this account, whoever asked for a deletion here."""
    driver = Driver()
    driver.happens(ev.AccountRecalled("A"))
    entries = (loaded("a", account="A"), loaded("b", account="B"))
    driver.happens(ev.Loaded((Request("r9", "erase", 0, account=asked), *entries)))
    driver.start().open()
    effects = driver.drop(closed(4410))
    assert {do.Erased("A"), do.TakenBack("a"), do.Forget("a")} <= set(effects)
    assert shown(driver) == {"b": FOREIGN}
    assert ("r9" in driver.session.requests.waiting) == (asked == "B")


def test_a_welcome_knows_better_than_an_earlier_process() -> None:
    """What is typed before it belongs to the account that is welcomed, and so does a deletion."""
    driver = Driver()
    driver.happens(ev.AccountRecalled("A"))
    driver.happens(ev.Loaded((loaded("a", account="A"),)))
    driver.say("m1")
    assert saves(driver.live(account="B")) == {"m1": "B"}
    driver.happens(ev.AccountRecalled("A"))
    assert do.Erased("B") in driver.drop(closed(4410))
    assert shown(driver) == {"a": FOREIGN}


def test_the_account_that_is_welcomed_is_remembered_before_anything_is_saved_for_it() -> None:
    """For the next process. Where no account was ever named there is nothing to remember."""
    driver = Driver()
    driver.say("m1")
    effects = [e for e in driver.live(account="A") if isinstance(e, do.RememberAccount | do.Save)]
    assert [type(effect) for effect in effects] == [do.RememberAccount, do.Save]
    assert do.RememberAccount(None) in back(driver, None)
    assert do.RememberAccount(None) not in Driver().live()


def test_a_deletion_that_waits_for_the_account_of_an_earlier_process_is_known_at_once() -> None:
    """Nothing is said in the conversation meanwhile; where another account is welcomed, it is."""
    driver = Driver()
    driver.happens(ev.AccountRecalled("A"))
    driver.happens(ev.Loaded((Request("r9", "erase", 0, account="A"),)))
    assert driver.session.is_erasing
    with pytest.raises(Refused):
        driver.happens(ev.Typed("m1", "hello", 0))
    driver.live(account="B", offers=OFFERS)
    assert not driver.session.is_erasing


def test_what_was_deleted_here_does_not_come_back() -> None:
    """Another process had copied it, and that is found when the session has begun anew."""
    driver = live(account="A")
    driver.happens(ev.ErasureRequested("r9", 0))
    driver.happens(ev.Loaded((loaded("m1", account="A"),)))
    driver.drop(closed(4410))
    driver.happens(ev.Nudged(ev.Nudge.BUTTON))
    driver.live(account="A", offers=OFFERS)
    copies = (loaded("m1", account="A"), Request("r9", "erase", 0, account="A"))
    effects = driver.happens(ev.Loaded((*copies, loaded("m2", account="A"))))
    assert {do.Forget("m1"), do.Forget("r9")} <= set(effects)
    assert sent(effects) == ["m2"]
    assert not driver.session.is_erasing


# --- the revision and the language ----------------------------------------------------------------


def test_a_message_keeps_the_revision_that_was_shown() -> None:
    """Also when it is sent again in view of another one, and through a journal."""
    driver = live(rev=3)
    driver.happens(ev.Typed("m1", "hello", 0, None, 3))
    (send,) = frames(driver.happens(ev.Saved(("m1",))))
    assert send == wire.Send("m1", "hello", None, 3)
    driver.receive(wire.State(4, {"step": 2}))
    driver.drop()
    assert wire.Send("m1", "hello", None, 3) in frames(driver.live(rev=4, offers=OFFERS))


def test_the_hello_names_the_language_that_was_chosen_last() -> None:
    """Without a page it names none."""
    driver = Driver().start()
    assert driver.open().lang is None
    driver.receive(welcome())
    driver.drop()
    for lang in ("de", "pt-BR"):
        assert frames(driver.happens(ev.LanguageChosen(lang))) == []
    driver.wait()
    assert driver.open().lang == "pt-BR"


def test_a_language_that_is_chosen_late_is_said_at_once() -> None:
    """Only a hello names it, so the connection is made anew, and what waits goes out on that."""
    driver = live()
    effects = driver.happens(ev.LanguageChosen("de"))
    assert [do.Close, do.Dial] == [type(e) for e in effects if isinstance(e, do.Close | do.Dial)]
    assert driver.open().lang == "de"
    driver.happens(ev.Typed("m1", "hallo", 0))
    driver.happens(ev.Saved(("m1",)))
    assert sent(driver.receive(welcome())) == ["m1"]
    assert not any(isinstance(e, do.Dial) for e in driver.happens(ev.LanguageChosen("de")))


def test_a_language_waits_for_what_the_server_owes() -> None:
    """No unacknowledged message and no reply under way is cut off, nor is a `bye` overridden."""
    driver = live()
    driver.say("m1")
    driver.happens(ev.LanguageChosen("de"))
    assert driver.session.phase is Phase.LIVE
    assert do.Dial(2) in driver.receive(event(2, "m1"))
    driver = live(event(1, "m1"))
    driver.receive(wire.Delta("_b", "m1", 0, "You"))
    driver.happens(ev.LanguageChosen("de"))
    assert driver.session.phase is Phase.LIVE
    assert do.Dial(2) in driver.receive(event(2, "_b", re="m1"))
    driver = live()
    driver.receive(wire.Bye("restart", 5.0, 0.0))
    driver.happens(ev.LanguageChosen("de"))
    assert driver.session.phase is Phase.LIVE


def test_a_held_answer_is_no_reply_under_way() -> None:
    """It has its own mark, and keepalive does not hurry for it."""
    driver = live()
    driver.receive(wire.Answering("m1"))
    busy = driver.due
    driver.receive(wire.Answering("m1", held=True))
    reply = driver.session.transcript.reply
    assert reply is not None
    assert (reply.held, reply.is_under_way) == (True, False)
    assert driver.due > busy
