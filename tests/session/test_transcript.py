"""What the client holds of the log: resuming, contradictions, state, older events."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.server.store import SESSION
from simulator.world import World
from tests.support.driver import Driver, committed, event, frames, loaded, sent, welcome
from tutor_widget import wire
from tutor_widget.session import Phase
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev

rows = pytest.mark.parametrize


# --- resuming -----------------------------------------------------------------------------------


def test_a_hello_offers_the_prefix_held() -> None:
    """Epoch, number and id of the newest event held name the prefix."""
    driver = Driver()
    driver.live(event(1), event(2))
    driver.drop()
    driver.wait()
    hello = driver.open()
    assert (hello.epoch, hello.after, hello.last) == ("e1", 2, "_e2")


def test_an_empty_prefix_is_offered_without_an_id() -> None:
    """After nothing of a known epoch needs no last."""
    driver = Driver()
    driver.live()
    driver.drop()
    driver.wait()
    hello = driver.open()
    assert (hello.epoch, hello.after, hello.last) == ("e1", 0, None)


def test_a_resumed_log_only_grows() -> None:
    """What was missed is added, nothing is replaced."""
    driver = Driver()
    driver.live(event(1))
    driver.drop()
    effects = driver.live(event(2), event(3))
    assert committed(effects) == ["_e2", "_e3"]
    assert not any(isinstance(effect, do.HistoryReplaced) for effect in effects)
    assert [e.seq for e in driver.session.transcript.events] == [1, 2, 3]


def test_a_reset_drops_the_events_and_never_what_is_to_be_sent() -> None:
    """A lost log takes the history, not the learner's words."""
    driver = Driver()
    driver.live(event(1), event(2))
    driver.drop()
    driver.say("m1")
    effects = driver.live(event(1, "_new"), reset=True, epoch="e2")
    assert do.HistoryReplaced(1) in effects
    assert [e.id for e in driver.session.transcript.events] == ["_new"]
    assert sent(effects) == ["m1"]


def test_a_client_without_prefix_drops_what_it_held_whatever_reset_says() -> None:
    """Who offered nothing is given a page, even if the server calls it no reset."""
    driver = Driver()
    driver.live(event(1))
    driver.receive(event(3))  # a hole
    driver.wait()
    assert driver.open().epoch is None
    driver.receive(welcome(seq=2, reset=False, epoch="e1"), event(1, "_a"), event(2, "_b"))
    assert [e.id for e in driver.session.transcript.events] == ["_a", "_b"]
    assert driver.session.status == "connected"


def test_a_welcome_that_was_not_followed_is_no_prefix() -> None:
    """Cut off before the first event of a page, the client asks for the page again."""
    driver = Driver().start()
    driver.open()
    driver.receive(welcome(seq=900, first=401))
    driver.drop()
    driver.wait()
    assert driver.open().epoch is None
    driver.receive(welcome(seq=901, first=402, reset=False))
    assert driver.session.phase is Phase.REPLAYING


def test_an_interrupted_replay_is_resumed_where_it_broke() -> None:
    """Events that came before the loss are held."""
    driver = Driver().start()
    driver.open()
    driver.receive(welcome(seq=3), event(1), event(2))
    driver.drop()
    driver.wait()
    assert driver.open().after == 2


def test_known_events_only_acknowledge() -> None:
    """An event seen before, or older than what is held, changes no history."""
    driver = Driver()
    driver.live(event(11), event(12), first=11, seq=12)
    assert [driver.session.transcript.holds(id) for id in ("_e11", "m1")] == [True, False]
    driver.happens(ev.Loaded((loaded("m1"), loaded("m2"))))
    effects = driver.receive(event(3, "m1"), event(12))
    assert do.Acknowledged("m1") in effects
    assert do.Forget("m1") in effects
    assert committed(effects) == []
    assert [e.seq for e in driver.session.transcript.events] == [11, 12]


CONTRADICTIONS: dict[str, wire.ServerFrame] = {
    "hole": event(4),
    "other_event": event(2, "_other"),
    "repeated_event": event(3, "_e1"),
    "reply_middle": wire.Delta(id="_t", re="m1", from_=3, text="x"),
    "reply_endless": wire.Delta(id="_t", re="m1", from_=0, text="x" * (wire.MAX_REPLY + 1)),
    "second_welcome": welcome(),
}


@rows(("fault", "frame"), CONTRADICTIONS.items(), ids=CONTRADICTIONS)
def test_a_contradiction_brings_the_client_back_with_no_prefix(
    fault: str, frame: wire.ServerFrame
) -> None:
    """It aborts, names the fault, keeps its events on show, and does not reset its backoff."""
    driver = Driver(chance=1.0)
    driver.live(event(1), event(2))
    driver.drop(after=10)
    driver.wait()
    driver.fail_dials(3)
    driver.live()
    effects = driver.receive(frame, after=60)
    assert effects[0] == do.Abort()
    status = driver.session.connection_status(driver.now)
    assert (status.code, status.args) == ("log_mismatch", {"fault": fault})
    assert [e.seq for e in driver.session.transcript.events] == [1, 2]
    assert driver.wait() == 5
    assert driver.open().epoch is None


@rows(
    "keys",
    [
        {"epoch": "e2"},
        {"first": 2},
        {"first": 4},
        {"first": 3, "seq": 1},
        {"rev": 4},
        {"session": "other"},
        {"reset": True, "first": 5, "seq": 3},
    ],
)
def test_a_welcome_that_contradicts_the_prefix_is_none(keys: dict[str, Any]) -> None:
    """A server that claims to resume must resume what was offered."""
    driver = Driver()
    driver.live(event(1), event(2), rev=5)
    driver.drop()
    driver.wait()
    driver.open()
    usual: dict[str, Any] = {"reset": False, "first": 3, "seq": 2, "rev": 5}
    assert driver.receive(welcome(**usual | keys))[0] == do.Abort()
    driver.wait()
    assert driver.open().epoch is None


@rows("frame", [event(1), wire.Answering(re="m1"), wire.State(rev=1, state={})])
def test_nobody_speaks_before_the_welcome(frame: wire.ServerFrame) -> None:
    """Frames before it belong to no log."""
    driver = Driver().start()
    driver.open()
    assert do.Abort() in driver.receive(frame)


def test_a_server_that_contradicts_itself_each_time_is_not_hammered() -> None:
    """A changed log each time makes at most some twenty tries in half a minute."""
    world = World(seed=1)
    client = world.join("ada")
    world.server.on_welcome = lambda connection: connection.send(event(99))
    world.cut()
    world.run(30)
    assert len(client.dialled_at) <= 25


def test_an_older_copy_of_the_log_is_noticed_by_its_ids() -> None:
    """A restored log whose event has another id is fetched whole, and words are sent again."""
    world = World()
    ada = world.join("ada")
    for text in ("one", "two", "three"):
        ada.type(text)
        world.settle()
    with world.outage():
        world.server.store.rewind(2)
        world.server.commit(SESSION, "_other", "notice", "another life")
        world.server.commit(SESSION, "_more", "notice", "goes on")
    ada.type("four")
    assert world.settle()
    assert ada.page.history == world.server.log().events
    assert [e.text for e in ada.page.history if e.role == "learner"] == ["one", "four"]


def test_a_gap_of_more_than_a_page_replaces_the_history() -> None:
    """Five hundred events are resumed, more are not."""
    for missed, whole in ((500, True), (501, False)):
        world = World()
        ada = world.join("ada")
        with world.outage():
            for number in range(missed):
                world.server.commit(SESSION, f"_n{number}", "notice", "x")
        assert world.settle()
        assert len(ada.page.history) == 500
        assert ada.session.transcript.more is not whole


# --- state --------------------------------------------------------------------------------------


def test_the_state_only_goes_forward() -> None:
    """An older revision is not shown."""
    driver = Driver()
    driver.live(state={"step": 2}, rev=5)
    assert do.StateChanged() in driver.receive(wire.State(rev=6, state={"step": 3}))
    for rev in (5, 6):
        assert driver.receive(wire.State(rev=rev, state={"step": 1})) == []
    assert driver.session.transcript.state == {"step": 3}


def test_the_state_goes_back_with_the_log() -> None:
    """It lives and dies with it."""
    driver = Driver()
    driver.live(state={"step": 2}, rev=5)
    driver.drop()
    driver.live(reset=True, epoch="e2", state={"step": 1}, rev=1)
    assert driver.session.transcript.state == {"step": 1}


# --- older events -------------------------------------------------------------------------------


def test_older_events_come_before_the_first() -> None:
    """Pages are asked for from where history begins, until there is no more."""
    world = World()
    for number in range(700):
        world.server.commit(SESSION, f"_n{number}", "notice", str(number))
    ada = world.join("ada")
    assert len(ada.page.history) == 500
    for held in (640, 700):
        ada.step(ev.OlderRequested(140))
        world.run(1)
        assert len(ada.page.history) == held
    assert ada.page.history == world.server.log().events == ada.session.transcript.events
    assert not ada.session.transcript.more
    assert ada.session.transcript.bound == 1000


def test_the_last_page_may_be_empty() -> None:
    """Then it is known that there is no more."""
    driver = Driver()
    driver.live(event(5), first=5, seq=5)
    assert frames(driver.happens(ev.OlderRequested(10))) == [wire.Older(5, 10)]
    effects = driver.receive(wire.Page(before=5, events=[], more=False))
    assert effects == [do.OlderArrived(())]
    assert not driver.session.transcript.more


def test_a_page_nobody_asked_for_is_ignored() -> None:
    """A server cannot fill the memory with pages."""
    driver = Driver()
    driver.live(event(5), first=5, seq=5)
    page = wire.Page(before=5, events=[event(4)], more=True)
    assert driver.receive(page) == []
    driver.happens(ev.OlderRequested(10))
    driver.receive(page)
    assert driver.receive(page) == []
    assert driver.receive(wire.Page(before=4, events=[event(3)], more=True)) == []
    assert [e.seq for e in driver.session.transcript.events] == [4, 5]


def test_what_is_only_read_is_not_held() -> None:
    """A page before any event, asked for so, is told and let go; it must fit as any other."""
    driver = Driver()
    driver.live(event(5), first=5, seq=5)
    assert frames(driver.happens(ev.OlderRequested(2, before=5))) == [wire.Older(5, 2)]
    page = wire.Page(before=5, events=[event(3), event(4)], more=True)
    assert driver.receive(page) == [do.OlderRead((event(3), event(4)), more=True)]
    assert driver.receive(page) == []
    driver.happens(ev.OlderRequested(2, before=3))
    assert driver.receive(wire.Page(before=5, events=[event(4)], more=True)) == []
    last = wire.Page(before=3, events=[], more=True)
    assert driver.receive(last) == [do.OlderRead((), more=False)]
    transcript = driver.session.transcript
    assert ([e.seq for e in transcript.events], transcript.more) == ([5], True)
    driver.happens(ev.OlderRequested(2, before=5))
    assert driver.receive(wire.Page(before=5, events=[event(3)], more=False))[0] == do.Abort()


@rows("events", [[event(3)], [event(5)], [event(3), event(4, "_e3")], [event(4, "_e5")]])
def test_a_page_that_does_not_fit_is_a_contradiction(events: list[wire.Event]) -> None:
    """Holes and repeated ids are as wrong there as anywhere."""
    driver = Driver()
    driver.live(event(5), first=5, seq=5)
    driver.happens(ev.OlderRequested(10))
    effects = driver.receive(wire.Page(before=5, events=events, more=False))
    assert effects[0] == do.Abort()
    assert [e.seq for e in driver.session.transcript.events] == [5]


def test_older_events_are_asked_for_only_while_connected() -> None:
    """Otherwise nothing happens; they are requested again later."""
    driver = Driver()
    driver.live(event(5), first=5, seq=5)
    driver.drop()
    assert driver.happens(ev.OlderRequested(10)) == []


def test_history_is_bounded() -> None:
    """The oldest are let go, and can be had again."""
    driver = Driver(bound=3)
    driver.live(*(event(seq) for seq in range(1, 6)))
    assert [e.seq for e in driver.session.transcript.events] == [3, 4, 5]
    assert driver.session.transcript.more
    driver.drop()
    assert committed(driver.live(event(6))) == ["_e6"]
    driver.happens(ev.OlderRequested(10))
    driver.receive(wire.Page(before=4, events=[event(2), event(3)], more=True))
    assert [e.seq for e in driver.session.transcript.events] == [2, 3, 4, 5, 6]
    driver.receive(event(7))  # the bound has grown by the older events
    assert [e.seq for e in driver.session.transcript.events] == [3, 4, 5, 6, 7]
