"""Messages that are taken back before, while and after they are sent."""

from __future__ import annotations

import pytest

from simulator.world import World
from tests.support.driver import Driver, committed, event, frames, saved, sent
from tutor_widget import wire
from tutor_widget.errors import NotFound
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev

rows = pytest.mark.parametrize


def test_what_was_never_transmitted_is_taken_back_by_the_journal() -> None:
    """No server has it; once the journal knows, no crash can bring it back."""
    driver = Driver()
    driver.say("m1")
    (message,) = saved(driver.happens(ev.Discarded("m1")))
    assert message.status == "withdrawing"
    assert driver.happens(ev.Saved(("m1",))) == [do.Forget("m1"), do.TakenBack("m1")]
    assert driver.status_of == {}


def test_the_journal_is_given_one_version_at_a_time() -> None:
    """So that it is clear which version its confirmation is of."""
    driver = Driver()
    driver.happens(ev.Typed("m1", "hello", 0))
    assert driver.happens(ev.Discarded("m1")) == [do.QueueChanged()]
    (message,) = saved(driver.happens(ev.Saved(("m1",))))
    assert message.status == "withdrawing"
    assert do.TakenBack("m1") in driver.happens(ev.Saved(("m1",)))


def test_what_was_taken_back_while_it_was_saved_is_not_sent() -> None:
    """The confirmation of the message is none of its withdrawal."""
    driver = Driver()
    driver.live()
    driver.happens(ev.Typed("m1", "hello", 0))
    driver.happens(ev.Discarded("m1"))
    assert frames(driver.happens(ev.Saved(("m1",)))) == []
    assert frames(driver.happens(ev.Saved(("m1",)))) == []


def test_taking_back_goes_through_the_journal_to_the_server() -> None:
    """The withdrawal is durable before it is sent, and the message stays until the answer."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    effects = driver.happens(ev.Discarded("m1"))
    assert frames(effects) == []
    (message,) = saved(effects)
    assert message.status == "withdrawing"
    assert frames(driver.happens(ev.Saved(("m1",)))) == [wire.Withdraw("m1")]
    effects = driver.receive(wire.Refused("m1", "withdrawn", "Taken back."))
    assert effects == [do.Forget("m1"), do.TakenBack("m1")]


def test_nothing_follows_a_withdrawal_behind_its_own_message() -> None:
    """It ends a hold at the server: what was refused behind the message would be overtaken."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.say("m2")
    driver.happens(ev.Discarded("m1"))
    assert frames(driver.happens(ev.Saved(("m1",)))) == [wire.Withdraw("m1")]
    assert frames(driver.say("m3")) == []
    driver.receive(wire.Refused("m1", "rate", "Slower.", 0.0))
    driver.receive(wire.Refused("m2", "rate", "Slower.", 0.0))
    assert frames(driver.tick()) == []
    assert sent(driver.receive(wire.Refused("m1", "withdrawn", "Taken back."))) == []
    assert sent(driver.tick(after=0.1)) == ["m2", "m3"]


def test_a_withdrawal_that_comes_too_late_is_answered_by_the_event() -> None:
    """The message was committed; it is history and not taken back."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.happens(ev.Discarded("m1"))
    driver.happens(ev.Saved(("m1",)))
    effects = driver.receive(event(1, "m1"))
    assert committed(effects) == ["m1"]
    assert do.TakenBack("m1") not in effects


def test_after_a_welcome_the_withdrawal_goes_instead_of_the_message() -> None:
    """It is never sent once it was taken back."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.say("m2")
    driver.happens(ev.Discarded("m1"))
    driver.happens(ev.Saved(("m1",)))
    driver.drop()
    assert frames(driver.live()) == [wire.Withdraw("m1"), wire.Send("m2", "hello")]


def test_a_withdrawal_that_was_refused_for_now_comes_again() -> None:
    """It counts against the rate like a message."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.happens(ev.Discarded("m1"))
    driver.happens(ev.Saved(("m1",)))
    driver.receive(wire.Refused("m1", "rate", "Slower.", 2.0))  # the message
    driver.receive(wire.Refused("m1", "rate", "Slower.", 2.0))  # the withdrawal
    assert frames(driver.tick(after=2)) == [wire.Withdraw("m1")]


def test_taking_back_twice_is_once() -> None:
    """An impatient second click changes nothing."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.happens(ev.Discarded("m1"))
    assert driver.happens(ev.Discarded("m1")) == []


@rows("pause", [0.0, 0.005, 0.01, 0.02, 0.022, 0.03, 0.05])
@rows("cut", [False, True])
def test_a_withdrawal_races_its_commit(pause: float, cut: bool) -> None:
    """Whichever comes first, both sides agree: committed, or withdrawn for good."""
    world = World()
    ada = world.join("ada")
    id = ada.type("wait, no")
    world.run(0.006)
    world.run(pause)
    if id in ada.session.outgoing.messages:
        ada.discard(id)
    if cut:
        world.run(0.012)
        world.cut()
    assert world.settle()
    assert (id in ada.page.withdrawn) != (id in ada.page.committed)
    assert (id in world.server.log().at) == (id in ada.page.committed)
    world.run(0.1)
    assert not ada.journal


@rows("act", [ev.Discarded, ev.Retried])
def test_a_message_that_is_not_here_is_not_found(act: type[ev.Discarded | ev.Retried]) -> None:
    """It may have been delivered a moment ago; the sentence says so."""
    driver = Driver()
    with pytest.raises(NotFound, match="may have been sent already"):
        driver.happens(act("m1"))


def test_retrying_what_has_not_failed_changes_nothing() -> None:
    """It is on its way already."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    assert driver.happens(ev.Retried("m1")) == []
