"""The reply under way, and how it is stopped."""

from __future__ import annotations

import pytest

from simulator.world import World
from tests.support.driver import Driver, committed, event, frames
from tutor_widget import wire
from tutor_widget.session import Reply
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev

rows = pytest.mark.parametrize


# --- replies ------------------------------------------------------------------------------------


def test_a_reply_grows_by_code_points() -> None:
    """Pieces are joined by characters, also beyond the first plane of Unicode."""
    driver = Driver()
    driver.live(event(1, "m1"), answering="m1")
    assert driver.session.transcript.reply == Reply("m1")
    pieces = [(0, "🦉 is"), (4, " an owl 🦉"), (12, "!"), (13, "")]
    for start, text in pieces:
        effects = driver.receive(wire.Delta(id="_t", re="m1", from_=start, text=text))
        assert do.ReplyChanged() in effects
    assert driver.session.transcript.reply == Reply("m1", "_t", "🦉 is an owl !")


def test_a_reply_that_starts_afresh_replaces_what_was_there() -> None:
    """From 0, under the same id or a new one, as after a crash of the tutor."""
    driver = Driver()
    driver.live()
    for id, text in (("_t1", "half"), ("_t1", "again"), ("_t2", "anew")):
        driver.receive(wire.Delta(id=id, re="m1", from_=0, text=text))
        assert driver.session.transcript.reply == Reply("m1", id, text)


def test_a_piece_may_go_back() -> None:
    """What follows the place it names is replaced."""
    driver = Driver()
    driver.live()
    driver.receive(
        wire.Delta(id="_t", re="m1", from_=0, text="abc"),
        wire.Delta(id="_t", re="m1", from_=1, text="X"),
    )
    assert driver.session.transcript.reply == Reply("m1", "_t", "aX")


def test_the_event_ends_the_reply() -> None:
    """It replaces all of it."""
    driver = Driver()
    driver.live(event(1, "m1"))
    driver.receive(wire.Delta(id="_t", re="m1", from_=0, text="half"))
    effects = driver.receive(event(2, "_t", re="m1"))
    assert committed(effects) == ["_t"]
    assert do.ReplyChanged() in effects
    assert driver.session.transcript.reply is None


def test_a_place_in_the_queue_is_shown_until_the_answer_begins() -> None:
    """Waiting is a kind of reply."""
    driver = Driver()
    driver.live()
    driver.receive(wire.Answering(re="m1", place=3))
    assert driver.session.transcript.reply == Reply("m1", place=3)
    driver.receive(wire.Answering(re="m1", place=2))
    assert driver.session.transcript.reply == Reply("m1", place=2)
    driver.receive(wire.Answering(re="m1"))
    assert driver.session.transcript.reply == Reply("m1")


def test_who_waits_does_not_disturb_the_reply_under_way() -> None:
    """The place of another message comes between two pieces."""
    driver = Driver()
    driver.live()
    driver.receive(
        wire.Delta(id="_t", re="m1", from_=0, text="ab"),
        wire.Answering(re="m2", place=1),
        wire.Delta(id="_t", re="m1", from_=2, text="c"),
    )
    assert driver.session.transcript.reply == Reply("m1", "_t", "abc")


def test_a_reply_goes_on_while_the_learner_is_away() -> None:
    """Coming back, one piece from 0 holds all of it, and the rest follows."""
    world = World()
    world.server.answer = lambda text: [f"{number} " for number in range(40)]
    ada = world.join("ada")
    ada.type("count")
    world.run(1)
    world.cut()
    half = ada.page.reply
    assert half is not None
    world.run(1)
    reply = ada.page.reply
    assert reply is not None
    assert reply.text.startswith(half.text)
    assert world.settle()
    assert ada.page.history[-1].text == "".join(f"{number} " for number in range(40))


def test_a_reply_is_made_anew_when_the_server_died() -> None:
    """Its text starts afresh under a new id, and one event answers."""
    world = World()
    ada = world.join("ada")
    ada.type("hello")
    world.run(0.12)
    first = ada.page.reply
    assert first is not None
    assert first.text
    with world.outage():
        world.run(1)
    assert world.settle()
    assert [e.re for e in ada.page.history] == [None, "ada-m1"]
    assert ada.page.history[1].id != first.id


# --- stopping -----------------------------------------------------------------------------------


def test_stop_means_the_reply_under_way() -> None:
    """Without an id it is the one that is shown; without one, nothing."""
    driver = Driver()
    driver.live()
    assert driver.happens(ev.Stopped()) == []
    driver.receive(wire.Answering(re="m1"))
    assert frames(driver.happens(ev.Stopped())) == [wire.Stop("m1")]


def test_stop_is_said_again_after_each_welcome_until_it_is_answered() -> None:
    """A stop that was lost with its connection is not lost."""
    driver = Driver()
    driver.live(event(1, "m1"))
    assert frames(driver.happens(ev.Stopped("m1"))) == [wire.Stop("m1")]
    assert frames(driver.tick()) == []
    driver.drop()
    assert frames(driver.live()) == [wire.Stop("m1")]
    driver.drop()
    assert frames(driver.live(event(2, re="m1", status="stopped"))) == []
    driver.drop()
    assert frames(driver.live()) == []


def test_a_stop_follows_its_message() -> None:
    """It is sent behind it on the same connection, not before."""
    driver = Driver()
    driver.say("m1")
    driver.happens(ev.Stopped("m1"))
    assert frames(driver.live()) == [wire.Send("m1", "hello"), wire.Stop("m1")]


def test_what_was_answered_cannot_be_stopped() -> None:
    """A click that comes too late leaves nothing behind."""
    driver = Driver()
    driver.live(event(1, "m1"), event(2, re="m1"))
    assert driver.happens(ev.Stopped("m1")) == []
    driver.drop()
    assert frames(driver.live()) == []


def test_a_failed_message_tried_again_is_not_stopped() -> None:
    """The old stop was for the old try."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.happens(ev.Stopped("m1"))
    driver.receive(wire.Refused("m1", "rate", "Slower."))
    driver.happens(ev.Retried("m1"))
    driver.receive(event(1, "m1"))
    driver.drop()
    assert frames(driver.live()) == []


@rows("when", [0.0, 0.01, 0.03, 0.1, 0.2])
def test_a_stopped_message_is_answered_once(when: float) -> None:
    """Early, late or lost with the connection: one event, with the text so far."""
    world = World()
    ada = world.join("ada")
    id = ada.type("tell me everything")
    world.run(when)
    ada.step(ev.Stopped(id))
    world.run(0.01)
    world.cut()
    assert world.settle()
    (answer,) = [e for e in ada.page.history if e.re == id]
    assert "You said: tell me everything".startswith(answer.text)
