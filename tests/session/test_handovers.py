"""How a queue passes from one client to another, and what stays of it when a part goes."""

from __future__ import annotations

from tests.support.driver import (
    FOREIGN,
    Driver,
    back,
    closed,
    event,
    frames,
    saves,
    sent,
    shown,
)
from tutor_widget import wire
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev
from tutor_widget.session.queue.outgoing import Outgoing

# --- an older client of the account -------------------------------------------------------------


def test_an_older_clients_queue_comes_first_and_as_it_is() -> None:
    """Its messages are saved here and sent again, and nothing overtakes what is still saved."""
    older, newer = Driver(), Driver()
    older.live(account="A")
    older.say("a1")
    older.drop()
    older.say("a2")
    older.happens(ev.Typed("a3", "hello", 0))
    older.happens(ev.Left())
    newer.live(account="A")
    newer.happens(ev.Typed("n1", "hello", 0))
    effects = newer.happens(ev.Inherited(older.session.outgoing))
    assert saves(effects) == {"a1": "A", "a2": "A", "a3": "A"}
    messages = newer.session.outgoing.messages
    assert list(messages) == ["a1", "a2", "a3", "n1"]
    assert newer.status_of["a3"] == "saving"
    assert not messages["a3"].transmitted
    assert sent(effects) == ["a1", "a2"]
    assert sent(newer.happens(ev.Saved(("a1", "a2", "a3", "n1")))) == ["a3", "n1"]


def test_an_inherited_message_that_is_in_the_log_is_settled() -> None:
    """The newer has its event already: it is not sent again."""
    older, newer = Driver(), Driver()
    older.live(account="A")
    older.say("a1")
    older.happens(ev.Left())
    newer.live(event(1, "a1"), account="A")
    effects = newer.happens(ev.Inherited(older.session.outgoing))
    assert do.Forget("a1") in effects
    assert do.Acknowledged("a1") in effects
    assert frames(effects) == []
    assert newer.status_of == {}


def test_what_was_reported_through_an_older_client_stays_reported() -> None:
    """Its confirmed reports are known to the newer."""
    newer = Driver()
    newer.live(event(1, "_a"), event(2, "_b"), account="A", offers=["report"])
    newer.happens(ev.ReportRequested("r1", "_b", "rude", 0))
    newer.happens(ev.Saved(("r1",)))
    newer.receive(wire.Reported("_b"))
    newer.happens(ev.Inherited(Outgoing(), reported=("_a",)))
    assert list(newer.session.requests.reported) == ["_a", "_b"]


def test_what_an_older_client_held_for_another_account_keeps_it() -> None:
    """Handing over changes nobody's messages."""
    older, newer = Driver(), Driver()
    older.live(account="B")
    older.drop()
    older.say("b1")
    back(older, "A")
    older.happens(ev.Left())
    newer.live(account="A")
    assert sent(newer.happens(ev.Inherited(older.session.outgoing))) == []
    assert shown(newer)["b1"] == FOREIGN


def test_what_the_client_of_its_account_has_leaves_the_queue() -> None:
    """People are told, and the journal forgets it; what became the present account's stays."""
    driver = Driver()
    driver.live(account="A")
    driver.drop()
    driver.say("a1")
    driver.say("a2")
    back(driver, "B")
    driver.happens(ev.Retried("a2"))
    effects = driver.happens(ev.HandedOver(("a1", "a2", "unknown")))
    assert do.MovedAway("a1") in effects
    assert do.Forget("a1") in effects
    assert list(driver.session.outgoing.messages) == ["a2"]


# --- a part of a queue --------------------------------------------------------------------------


def test_a_part_is_not_sent_before_a_journal_knows_its_account() -> None:
    """The older's journal has it without its account, and the newer's does not have it."""
    older, newer = Driver().start(), Driver()
    older.say("a1")
    older.live(account="A")
    back(older, "B")
    newer.live(account="A")
    assert sent(newer.happens(ev.Inherited(older.session.outgoing.part("A")))) == []
    assert sent(newer.happens(ev.Saved(("a1",)))) == ["a1"]


def test_a_part_remembers_what_a_message_did_to_connections() -> None:
    """One connection broke at each client: that is the second time for the message."""
    older, newer = Driver(), Driver()
    older.live(account="A")
    older.say("a1")
    older.drop(closed(1011))
    back(older, "B")
    newer.live(account="A")
    newer.happens(ev.Inherited(older.session.outgoing.part("A")))
    assert sent(newer.happens(ev.Saved(("a1",)))) == []  # it was sent without waiting for that
    newer.drop(closed(1011))
    assert shown(newer)["a1"] == ("failed", "breaks_connection")


def test_a_part_keeps_its_stops() -> None:
    """The learner stopped the answer before the message was sent."""
    older, newer = Driver(), Driver()
    older.live(account="A")
    older.drop()
    older.say("a1")
    older.happens(ev.Stopped("a1"))
    back(older, "B")
    newer.live(account="A")
    effects = newer.happens(ev.Inherited(older.session.outgoing.part("A")))
    assert frames(effects) == [wire.Send("a1", "hello"), wire.Stop("a1")]


def test_an_erasure_leaves_another_accounts_messages_whole() -> None:
    """Their context, what is shown of it, and the stops of their answers stay with them."""
    driver = Driver()
    driver.live(account="A")
    driver.drop()
    driver.happens(ev.Typed("a1", "hello", 0, {"cell": "1 + 1"}))
    driver.happens(ev.Saved(("a1",)))
    driver.happens(ev.Stopped("a1"))
    back(driver, "B")
    driver.drop(closed(4410))
    assert driver.session.outgoing.shared == {"a1": {"cell": True}}
    assert driver.session.outgoing.contexts == {"a1": {"cell": "1 + 1"}}
    driver.happens(ev.Nudged(ev.Nudge.BUTTON))
    effects = back(driver, "A") + driver.happens(ev.Saved(("a1",)))
    assert frames(effects) == [wire.Send("a1", "hello", {"cell": "1 + 1"}), wire.Stop("a1")]


def test_a_refusal_for_a_while_delays_no_other_account() -> None:
    """One account's storage is full; what another writes goes out at once."""
    driver = Driver()
    driver.live(account="A")
    driver.say("a1")
    driver.receive(wire.Refused("a1", "full", "Full.", retry_after=600.0))
    back(driver, "B")
    assert sent(driver.say("b1")) == ["b1"]
