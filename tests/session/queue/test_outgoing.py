"""The queue of messages: what is sent when, in which order, and what a refusal does to it."""

from __future__ import annotations

import pytest

from simulator.world import World
from tests.support.driver import Driver, closed, committed, event, frames, loaded, sent, welcome
from tutor_widget import wire
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev

rows = pytest.mark.parametrize


# --- sending ------------------------------------------------------------------------------------


def test_a_message_waits_for_the_journal() -> None:
    """It is saved first, then queued, then sent; and nothing overtakes it."""
    driver = Driver()
    driver.live()
    (save, *_) = driver.happens(ev.Typed("m1", "hello", 7, {"cell": "x"}))
    assert isinstance(save, do.Save)
    assert driver.status_of == {"m1": "saving"}
    driver.happens(ev.Typed("m2", "you", 8))
    assert sent(driver.happens(ev.Saved(("m2",)))) == []
    effects = driver.happens(ev.Saved(("m1",)))
    assert frames(effects) == [
        wire.Send("m1", "hello", {"cell": "x"}),
        wire.Send("m2", "you"),
    ]
    assert driver.status_of == {"m1": "sent", "m2": "sent"}


def test_a_message_is_sent_only_when_the_log_is_known() -> None:
    """Neither the handshake nor the welcome is enough: the replay may hold it already."""
    driver = Driver().start()
    driver.say("m1")
    driver.open()
    assert sent(driver.receive(welcome(seq=2), event(1))) == []
    effects = driver.receive(event(2, "m1"))
    assert sent(effects) == []
    assert do.Forget("m1") in effects
    assert committed(effects) == ["m1"]


def test_only_its_event_takes_a_message_off_the_queue() -> None:
    """Written to the socket is not delivered."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.drop()
    assert driver.status_of == {"m1": "queued"}
    driver.live(event(1, "m1"))
    assert driver.status_of == {}


def test_everything_unacknowledged_is_sent_again_oldest_first() -> None:
    """After every welcome, and what was typed meanwhile goes behind."""
    driver = Driver()
    driver.live()
    for id in ("m1", "m2", "m3"):
        driver.say(id)
    driver.receive(event(1, "m1"))
    driver.drop(closed(1012))
    driver.say("m4")
    assert sent(driver.live()) == ["m2", "m3", "m4"]
    driver.drop(closed(1012))
    assert sent(driver.live(event(2, "m2"))) == ["m3", "m4"]


def test_a_message_typed_twice_is_one() -> None:
    """A command that is repeated under its id changes nothing."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    assert driver.happens(ev.Typed("m1", "hello", 0)) == []
    assert driver.status_of == {"m1": "sent"}


@rows("limit", [1, 3, 64])
def test_no_more_than_the_limit_is_outstanding(limit: int) -> None:
    """Each acknowledgement makes room for one more."""
    driver = Driver()
    for number in range(limit + 2):
        driver.say(f"m{number}")
    assert len(sent(driver.live(limits=wire.Limits(text=10, unacked=limit)))) == limit
    assert sent(driver.receive(event(1, "m0"))) == [f"m{limit}"]


def test_a_server_counts_no_more_than_the_limit() -> None:
    """Two hundred messages through a limit of four, in order, once each."""
    world = World()
    world.server.limits = wire.Limits(text=100, unacked=4)
    world.server.answer = lambda text: []
    ada = world.join("ada")
    for number in range(200):
        ada.type(str(number))
    assert world.settle()
    assert world.server.most_unacked == 4
    said = [e.text for e in world.server.log().events if e.role == "learner"]
    assert said == [str(number) for number in range(200)]


def test_messages_of_an_earlier_life_go_first() -> None:
    """They were typed before, and a server may have any of them."""
    driver = Driver()
    driver.happens(ev.Typed("m3", "new", 0))
    driver.happens(ev.Loaded((loaded("m1"), loaded("m2", status="sent"))))
    driver.happens(ev.Saved(("m3",)))
    assert sent(driver.live()) == ["m1", "m2", "m3"]


def test_a_message_of_an_earlier_life_is_taken_back_through_the_server() -> None:
    """However the journal knew it, it may have been transmitted before the crash."""
    driver = Driver()
    driver.happens(ev.Loaded((loaded("m1"),)))
    driver.happens(ev.Discarded("m1"))
    assert do.TakenBack("m1") not in driver.happens(ev.Saved(("m1",)))
    assert frames(driver.live()) == [wire.Withdraw("m1")]


def test_a_withdrawal_of_an_earlier_life_goes_on() -> None:
    """It is in the journal, and sent instead of the message."""
    driver = Driver()
    driver.happens(ev.Loaded((loaded("m1", status="withdrawing", transmitted=True),)))
    assert frames(driver.live()) == [wire.Withdraw("m1")]


def test_a_failure_of_an_earlier_life_stays_one() -> None:
    """It waits for the learner, and keeps its reason."""
    driver = Driver()
    driver.happens(ev.Loaded((loaded("m1", status="failed", reason="Too long."),)))
    assert frames(driver.live()) == []
    assert driver.session.outgoing.messages["m1"].reason == "Too long."


def test_what_was_loaded_twice_is_there_once() -> None:
    """A journal that two processes held adds nothing to what is under way."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    assert sent(driver.happens(ev.Loaded((loaded("m1"), loaded("m0"))))) == ["m0"]
    assert driver.status_of == {"m1": "sent", "m0": "sent"}


# --- refusals -----------------------------------------------------------------------------------


def test_a_refusal_for_good_is_a_failure_with_a_reason() -> None:
    """It is never sent again by itself; the next ones go on."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.say("m2")
    effects = driver.receive(wire.Refused("m1", "too_long", "Too long."), event(1, "m2"))
    message = driver.session.outgoing.messages["m1"]
    assert (message.status, message.reason) == ("failed", "Too long.")
    assert do.Save(message) in effects
    driver.drop()
    assert sent(driver.live()) == []


def test_a_failed_message_can_be_sent_again_under_its_id() -> None:
    """Once it was refused for good, the learner decides."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.receive(wire.Refused("m1", "rate", "Slower."))
    assert sent(driver.happens(ev.Retried("m1"))) == ["m1"]


def test_a_message_that_was_refused_is_dropped_without_the_server() -> None:
    """It did not take it, so there is nothing to withdraw."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.receive(wire.Refused("m1", "empty", "Empty."))
    driver.happens(ev.Saved(("m1",)))
    driver.happens(ev.Discarded("m1"))
    assert driver.happens(ev.Saved(("m1",))) == [do.Forget("m1"), do.TakenBack("m1")]


def test_a_refusal_for_now_holds_everything_behind_it() -> None:
    """All that was under way is refused first; then it begins again with the oldest."""
    driver = Driver()
    driver.live()
    for id in ("m1", "m2", "m3"):
        driver.say(id)
    driver.receive(wire.Refused("m1", "rate", "Slower.", 3.0))
    assert driver.status_of["m1"] == "queued"
    assert sent(driver.say("m4")) == []
    driver.receive(wire.Refused("m2", "rate", "Slower.", 2.9), after=0.1)
    assert sent(driver.tick(after=3)) == []  # the third is still out
    assert sent(driver.receive(wire.Refused("m3", "rate", "Slower.", 0.0))) == [
        "m1",
        "m2",
        "m3",
        "m4",
    ]


def test_a_server_that_always_says_at_once_is_asked_less_and_less() -> None:
    """Refusals with no time to wait make no client spin; what is taken ends that."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    begun, tries = driver.now, 0
    while driver.now < begun + 60:
        driver.receive(wire.Refused("m1", "rate", "Slower.", 0.0))
        assert driver.due is not None
        assert sent(driver.tick(after=driver.due)) == ["m1"]
        tries += 1
    assert tries < 20
    driver.receive(event(1, "m1"))
    driver.say("m2")
    driver.receive(wire.Refused("m2", "rate", "Slower.", 0.0))
    assert driver.due == pytest.approx(0.1)


def test_the_log_of_others_does_not_hurry_a_queue_that_is_refused() -> None:
    """A tutor's reply or a notice takes nothing off the queue: the waits grow all the same."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    waits = []
    for seq in range(1, 6):
        driver.receive(wire.Refused("m1", "rate", "Slower.", 0.0), event(seq))
        waits.append(driver.due)
        assert sent(driver.tick(after=driver.due)) == ["m1"]
    assert waits == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6])


def test_a_stop_is_said_again_when_its_message_was_not_taken() -> None:
    """The server ignored the first one: it knew of no such message."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.happens(ev.Stopped("m1"))
    driver.receive(wire.Refused("m1", "rate", "Slower.", 1.0))
    frames = [e.frame for e in driver.tick(after=1) if isinstance(e, do.Transmit)]
    assert [type(frame) for frame in frames] == [wire.Send, wire.Stop]


def test_what_is_tried_again_does_not_keep_back_what_the_server_waits_for() -> None:
    """After a refusal it takes nothing but the message that it refused first."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.receive(wire.Refused("m1", "too_long", "Too long."))
    driver.happens(ev.Saved(("m1",)))
    driver.say("m2")
    driver.receive(wire.Refused("m2", "rate", "Slower.", 3.0))
    driver.happens(ev.Retried("m1"))
    driver.happens(ev.Saved(("m1",)))
    assert sent(driver.tick(after=3)) == ["m2", "m1"]


@rows("withdrawn", [False, True])
def test_what_comes_from_a_journal_does_not_keep_back_what_the_server_waits_for(
    withdrawn: bool,
) -> None:
    """It goes before what is new, but behind what was refused: all of it, in its order."""
    driver = Driver()
    driver.live()
    for id in ("m1", "m2"):
        driver.say(id)
    driver.receive(wire.Refused("m1", "rate", "Slower.", 3.0))
    driver.receive(wire.Refused("m2", "rate", "Slower.", 3.0))
    driver.say("m3")
    driver.happens(ev.Loaded((loaded("old"),)))
    if withdrawn:
        driver.happens(ev.Discarded("m1"))
        driver.happens(ev.Saved(("m1",)))
    own = ["m2", "old", "m3"] if withdrawn else ["m1", "m2", "old", "m3"]
    assert sent(driver.tick(after=3)) == own


def test_another_connection_waits_for_nothing_that_was_refused() -> None:
    """There the oldest is the first again, wherever it came from."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.receive(wire.Refused("m1", "rate", "Slower.", 0.0))
    driver.happens(ev.Loaded((loaded("old"),)))
    driver.drop(closed(1012))
    assert driver.due is not None
    driver.tick(after=driver.due)
    assert sent(driver.live()) == ["old", "m1"]


def test_of_a_servers_reason_a_few_lines_are_kept() -> None:
    """It goes into the journal and to the page."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.receive(wire.Refused("m1", "conflict", "x" * 1_000_000))
    assert len(driver.session.outgoing.messages["m1"].reason) == 500


def test_who_may_have_been_adopted_asks_the_server_before_a_message_is_gone() -> None:
    """Another process may have sent it: only the server can say that it was never taken."""
    driver = Driver()
    driver.say("m1")
    driver.happens(ev.Orphaned())
    driver.happens(ev.Discarded("m1"))
    assert driver.happens(ev.Saved(("m1",))) == []
    assert driver.status_of == {"m1": "withdrawing"}
    assert [e.frame for e in driver.live() if isinstance(e, do.Transmit)][-1] == wire.Withdraw("m1")


def test_a_hold_wakes_the_session() -> None:
    """Nothing else has to happen for the message to go out again."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.receive(wire.Refused("m1", "rate", "Slower.", 3.0))
    assert driver.due == 3
    assert sent(driver.tick(after=3)) == ["m1"]


def test_a_broken_server_holds_nothing_forever() -> None:
    """One number of it keeps the queue for an hour at most."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.receive(wire.Refused("m1", "rate", "Slower.", 1e15))
    for _ in range(359):
        assert sent(driver.heard(after=10) + driver.tick()) == []
    assert sent(driver.heard(after=10) + driver.tick()) == ["m1"]


def test_a_hold_outlives_the_connection() -> None:
    """May be sent again then, says the refusal, not: after the next welcome."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.receive(wire.Refused("m1", "rate", "Slower.", 30.0))
    driver.drop()
    assert sent(driver.live()) == []
    driver.heard(after=25)
    assert sent(driver.tick(after=5)) == ["m1"]


def test_nothing_overtakes_a_refused_message() -> None:
    """Under a server that refuses every third message for a while, the order stays."""
    world = World(latency=0.2)
    world.server.answer = lambda text: []
    seen: list[str] = []

    def refuse(send: wire.Send) -> wire.Refused | None:
        seen.append(send.id)
        if len(seen) % 3 == 0:
            return wire.Refused(send.id, "rate", "Slower.", 0.7)
        return None

    world.server.refuse = refuse
    ada = world.join("ada")
    for number in range(30):
        ada.type(str(number))
        world.run(0.05)
    assert world.settle()
    said = [e.text for e in world.server.log().events if e.role == "learner"]
    assert said == [str(number) for number in range(30)]


def test_a_refusal_of_something_unknown_is_ignored() -> None:
    """It may be of a message that was settled long ago."""
    driver = Driver()
    driver.live()
    effects = driver.receive(wire.Refused("m9", "rate", "Slower.", 60.0))
    assert effects == []
    assert sent(driver.say("m1")) == ["m1"]
