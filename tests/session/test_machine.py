"""The conversation: opening, resuming, sending, withdrawing, stopping, reading on, staying alive.

What can be said of one step is shown on a session driven by hand; what takes two, in the world of
`tests.world`. How connections end is in `test_endings`.
"""

from __future__ import annotations

from typing import Any

import pytest

from simulator.server.store import SESSION
from simulator.world import World
from tests.support.driver import LOST, Driver, closed, event, frames, http, loaded, sent, welcome
from tutor_widget import wire
from tutor_widget.errors import Misuse, NotFound
from tutor_widget.session import Phase, Reply
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev

rows = pytest.mark.parametrize


def committed(effects: list[do.Effect]) -> list[str]:
    return [effect.event.id for effect in effects if isinstance(effect, do.Committed)]


# --- opening ------------------------------------------------------------------------------------


def test_the_first_hello_offers_no_prefix() -> None:
    """Who holds nothing says who comes and nothing else."""
    assert Driver().start().open() == wire.Hello(
        session="s", instance="i", dial=1, client="driver/1"
    )


def test_dials_are_counted() -> None:
    """Of two connections the server can tell which is the newer."""
    driver = Driver().start()
    driver.fail_dials(2)
    assert driver.open().dial == 3


def test_a_client_is_connected_when_it_has_all_of_the_log() -> None:
    """The welcome alone is not enough; the last event is."""
    driver = Driver().start()
    driver.open()
    assert driver.session.phase is Phase.GREETING
    effects = driver.receive(welcome(seq=2), event(1))
    assert do.HistoryReplaced(2) in effects
    assert driver.session.status == "connecting"
    driver.receive(event(2))
    assert driver.session.status == "connected"


def test_an_empty_log_is_complete_at_once() -> None:
    """A welcome with nothing to follow connects."""
    driver = Driver()
    driver.live()
    assert driver.session.status == "connected"
    assert driver.session.transcript.more is False


def test_a_page_of_a_long_log_is_where_history_begins() -> None:
    """Without a prefix the newest page comes, and there is more before it."""
    driver = Driver()
    driver.live(event(501), event(502), first=501, seq=502)
    assert [e.seq for e in driver.session.transcript.events] == [501, 502]
    assert driver.session.transcript.more


def test_limits_and_state_are_the_welcomes() -> None:
    """What the server says of itself is known when it said it."""
    driver = Driver()
    effects = driver.live(limits=wire.Limits(text=5, unacked=1), state={"step": 3}, rev=7)
    assert driver.session.limits == wire.Limits(text=5, unacked=1)
    assert driver.session.transcript.state == {"step": 3}
    assert driver.session.connection_status(driver.now).server == "driver/1"
    assert do.StateChanged() in effects


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


CONTRADICTIONS: list[tuple[str, wire.ServerFrame]] = [
    ("a hole", event(4)),
    ("another event under a known number", event(2, "_other")),
    ("an event under two numbers", event(3, "_e1")),
    ("the middle of a reply", wire.Delta(id="_t", re="m1", from_=3, text="x")),
    ("an endless reply", wire.Delta(id="_t", re="m1", from_=0, text="x" * (wire.MAX_REPLY + 1))),
    ("a second welcome", welcome()),
]


@rows("frame", [frame for _, frame in CONTRADICTIONS], ids=[name for name, _ in CONTRADICTIONS])
def test_a_contradiction_brings_the_client_back_with_no_prefix(frame: wire.ServerFrame) -> None:
    """It aborts, keeps showing what it has, and is not forgiven for having been connected."""
    driver = Driver(chance=1.0)
    driver.live(event(1), event(2))
    driver.drop(after=10)
    driver.wait()
    driver.fail_dials(3)
    driver.live()
    effects = driver.receive(frame, after=60)
    assert effects[0] == do.Abort()
    assert driver.session.connection_status(driver.now).code == "log_mismatch"
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


def test_a_broken_server_holds_nothing_for_ever() -> None:
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


# --- taking back --------------------------------------------------------------------------------


def test_what_was_never_transmitted_is_taken_back_by_the_journal() -> None:
    """No server has it; once the journal knows, no crash can bring it back."""
    driver = Driver()
    driver.say("m1")
    (save, _) = driver.happens(ev.Discarded("m1"))
    assert isinstance(save, do.Save)
    assert save.message.status == "withdrawing"
    assert driver.happens(ev.Saved(("m1",))) == [do.Forget("m1"), do.TakenBack("m1")]
    assert driver.status_of == {}


def test_the_journal_is_given_one_version_at_a_time() -> None:
    """So that it is clear which version its confirmation is of."""
    driver = Driver()
    driver.happens(ev.Typed("m1", "hello", 0))
    assert driver.happens(ev.Discarded("m1")) == [do.QueueChanged()]
    (save,) = driver.happens(ev.Saved(("m1",)))
    assert isinstance(save, do.Save)
    assert save.message.status == "withdrawing"
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
    (save,) = (effect for effect in effects if isinstance(effect, do.Save))
    assert save.message.status == "withdrawing"
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
    """Whoever wins, both sides agree: committed, or taken back for ever."""
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
        ada.step(ev.OlderWanted(140))
        world.run(1)
        assert len(ada.page.history) == held
    assert ada.page.history == world.server.log().events == ada.session.transcript.events
    assert not ada.session.transcript.more
    assert ada.session.transcript.bound == 1000


def test_the_last_page_may_be_empty() -> None:
    """Then it is known that there is no more."""
    driver = Driver()
    driver.live(event(5), first=5, seq=5)
    assert frames(driver.happens(ev.OlderWanted(10))) == [wire.Older(5, 10)]
    effects = driver.receive(wire.Page(before=5, events=[], more=False))
    assert effects == [do.OlderArrived(())]
    assert not driver.session.transcript.more


def test_a_page_nobody_asked_for_is_ignored() -> None:
    """A server cannot fill the memory with pages."""
    driver = Driver()
    driver.live(event(5), first=5, seq=5)
    page = wire.Page(before=5, events=[event(4)], more=True)
    assert driver.receive(page) == []
    driver.happens(ev.OlderWanted(10))
    driver.receive(page)
    assert driver.receive(page) == []
    assert driver.receive(wire.Page(before=4, events=[event(3)], more=True)) == []
    assert [e.seq for e in driver.session.transcript.events] == [4, 5]


@rows("events", [[event(3)], [event(5)], [event(3), event(4, "_e3")], [event(4, "_e5")]])
def test_a_page_that_does_not_fit_is_a_contradiction(events: list[wire.Event]) -> None:
    """Holes and repeated ids are as wrong there as anywhere."""
    driver = Driver()
    driver.live(event(5), first=5, seq=5)
    driver.happens(ev.OlderWanted(10))
    effects = driver.receive(wire.Page(before=5, events=events, more=False))
    assert effects[0] == do.Abort()
    assert [e.seq for e in driver.session.transcript.events] == [5]


def test_older_events_are_asked_for_only_while_connected() -> None:
    """Otherwise nothing happens; they are wanted again later."""
    driver = Driver()
    driver.live(event(5), first=5, seq=5)
    driver.drop()
    assert driver.happens(ev.OlderWanted(10)) == []


def test_history_is_bounded() -> None:
    """The oldest are let go, and can be had again."""
    driver = Driver(bound=3)
    driver.live(*(event(seq) for seq in range(1, 6)))
    assert [e.seq for e in driver.session.transcript.events] == [3, 4, 5]
    assert driver.session.transcript.more
    driver.drop()
    assert committed(driver.live(event(6))) == ["_e6"]
    driver.happens(ev.OlderWanted(10))
    driver.receive(wire.Page(before=4, events=[event(2), event(3)], more=True))
    assert [e.seq for e in driver.session.transcript.events] == [2, 3, 4, 5, 6]
    driver.receive(event(7))  # whoever reads older events has room for them from now on
    assert [e.seq for e in driver.session.transcript.events] == [3, 4, 5, 6, 7]


# --- keepalive ----------------------------------------------------------------------------------


def test_an_idle_link_is_pinged_after_ten_seconds_and_given_up_five_later() -> None:
    """Silence of fifteen seconds is the end, with no closing handshake."""
    driver = Driver()
    driver.live()
    assert driver.due == pytest.approx(10)
    assert driver.tick(after=9.9) == []
    assert driver.tick(after=0.1) == [do.Ping()]
    assert driver.due == 5
    assert driver.tick(after=4.9) == []
    assert do.Abort() in driver.tick(after=0.1)
    assert driver.session.status == "reconnecting"


@rows("proof", ["pong", "frame"])
def test_anything_received_is_proof_of_life(proof: str) -> None:
    """A pong and a frame count the same, and begin the silence anew."""
    driver = Driver()
    driver.live()
    driver.tick(after=10)
    if proof == "pong":
        driver.heard(after=4.9)
    else:
        driver.receive(wire.State(rev=1, state={}), after=4.9)
    assert driver.due == pytest.approx(10)


@rows("busy", ["message", "reply"])
def test_a_busy_link_is_pinged_after_two_seconds_and_given_up_four_later(busy: str) -> None:
    """Somebody waits for it."""
    driver = Driver()
    driver.live(event(1, "m1"))
    driver.heard(after=5)
    if busy == "message":
        driver.say("m2")
    else:
        driver.receive(wire.Answering(re="m1"))
    assert driver.due == 2
    assert do.Ping() in driver.tick(after=2)
    assert driver.due == 4
    assert do.Abort() in driver.tick(after=4)


def test_silence_counts_from_becoming_busy() -> None:
    """Seven quiet seconds before a message do not make it late."""
    driver = Driver()
    driver.live()
    driver.now += 7
    driver.say("m1")
    assert driver.due == 2


def test_becoming_busy_puts_no_ping_off() -> None:
    """What was due for the silence before is due all the same."""
    driver = Driver()
    driver.live()
    driver.now += 9
    driver.say("m1")
    assert driver.due == 1
    assert driver.tick(after=1) == [do.Ping()]
    assert driver.due == 4


def test_a_message_that_waits_in_the_queue_makes_no_link_busy() -> None:
    """Only what was transmitted on this connection and not refused does."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.receive(wire.Refused("m1", "rate", "Slower.", 60.0))
    assert driver.due == pytest.approx(10)


def test_a_place_in_the_queue_makes_no_link_busy() -> None:
    """The reply is not under way yet."""
    driver = Driver()
    driver.live()
    driver.receive(wire.Answering(re="m1", place=2))
    assert driver.due == pytest.approx(10)


def test_an_acknowledged_message_leaves_the_link_idle() -> None:
    """The longer spans come back."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.receive(event(1, "m1"))
    assert driver.due == pytest.approx(10)


def test_what_is_still_to_be_written_is_granted_its_time() -> None:
    """A second for each 16 KiB ahead of the ping, from when it was written."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.tick(after=2)
    driver.happens(ev.Pinged(1, 64 << 10), after=0.5)
    assert driver.due == 4 + 4
    assert do.Abort() in driver.tick(after=8)


def test_a_pong_may_be_heard_before_the_ping_is_reported() -> None:
    """Then nothing is out any more that could be missed."""
    driver = Driver()
    driver.live()
    driver.tick(after=10)
    driver.heard()
    driver.happens(ev.Pinged(1, 0))
    assert driver.due == pytest.approx(10)


def test_a_message_unacknowledged_for_half_a_minute_ends_the_link() -> None:
    """However lively the pongs: the server behind the proxy is dead."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    for _ in range(29):
        driver.tick(after=1)
        driver.heard()
    assert driver.session.phase is Phase.LIVE
    driver.heard(after=0.9)
    assert driver.due == pytest.approx(0.1)
    assert do.Abort() in driver.tick(after=0.1)


def test_half_a_minute_is_counted_for_each_message() -> None:
    """A busy conversation, each message acknowledged in time, goes on for ever."""
    driver = Driver()
    driver.live()
    driver.say("m0")
    for number in range(60):
        driver.say(f"m{number + 1}")
        driver.receive(event(number + 1, f"m{number}"), after=1)
        driver.tick()
    assert driver.session.phase is Phase.LIVE


@rows("nudge", list(ev.Nudge))
def test_a_nudge_probes_a_live_link(nudge: ev.Nudge) -> None:
    """Who woke up, or doubts it, need not wait for the silence to count."""
    driver = Driver()
    driver.live()
    assert driver.happens(ev.Nudged(nudge), after=1) == [do.Ping()]
    assert driver.due == 5
    assert driver.happens(ev.Nudged(nudge)) == []


def test_a_late_tick_probes_before_it_judges() -> None:
    """A machine that slept asks first; nobody can have answered what was not asked."""
    driver = Driver()
    driver.live()
    assert driver.tick(after=3600) == [do.Ping()]
    assert do.Abort() in driver.tick(after=5)


@rows("up", [True, False])
@rows("down", [True, False])
@rows(("text", "bound"), [("", 15.0), ("hello?", 6.0)])
def test_silent_death_is_noticed_in_time(up: bool, down: bool, text: str, bound: float) -> None:
    """Within 15 s idle, within 6 s with a message under way, whichever direction died."""
    world = World()
    world.server.answer = lambda text: []
    ada = world.join("ada")
    assert ada.connection is not None
    if up or down:
        ada.connection.go_silent(up=up, down=down)
    dead_at = world.now
    if text:
        ada.type(text)
    noticed = world.run_until(lambda: ada.session.status == "reconnecting", 60)
    assert noticed == (up or down)
    assert not noticed or world.now - dead_at <= bound + 0.1


def test_a_stalled_link_is_not_given_up_early() -> None:
    """Four seconds of delay lose nothing and cost no connection."""
    world = World()
    ada = world.join("ada")
    ada.type("hello")
    assert ada.connection is not None
    ada.connection.stall(4)
    assert world.settle()
    assert len(ada.dialled_at) == 1


# --- where things stand -------------------------------------------------------------------------


def test_status_follows_the_connection() -> None:
    """connecting, connected, reconnecting, failed, closed."""
    driver = Driver()
    assert driver.session.status == "connecting"
    driver.start()
    assert driver.session.status == "connecting"
    driver.drop()
    assert driver.session.status == "connecting"
    driver.live()
    assert driver.session.status == "connected"
    driver.drop()
    assert driver.session.status == "reconnecting"
    driver.wait()
    assert driver.session.status == "reconnecting"
    driver.drop(closed(4404))
    assert driver.session.status == "failed"
    driver.happens(ev.Nudged(ev.Nudge.BUTTON))
    assert driver.session.status == "reconnecting"
    driver.happens(ev.Left())
    assert driver.session.status == "closed"


def test_attempts_are_counted_since_the_loss() -> None:
    """Each dial is one; being live begins anew."""
    driver = Driver()
    driver.live()
    driver.drop()
    for attempt in (1, 2, 3):
        driver.wait()
        assert driver.session.connection_status(driver.now).attempt == attempt
        driver.drop()
    driver.live()
    driver.drop()
    assert driver.session.connection_status(driver.now).attempt == 0


def test_since_is_when_the_status_began() -> None:
    """Retries do not move it."""
    driver = Driver()
    driver.live()
    assert driver.session.connection_status(driver.now).since == driver.now
    lost_at = driver.now = driver.now + 30
    driver.drop()
    driver.fail_dials(0)
    driver.wait()
    driver.fail_dials(3)
    assert driver.session.connection_status(driver.now).since == lost_at


def test_an_outage_is_measured_from_loss_to_return() -> None:
    """The first connection ends none."""
    driver = Driver().start()
    driver.now += 3
    driver.live()
    assert driver.session.connection_status(driver.now).outage is None
    driver.drop(after=60)
    driver.now += 20
    driver.live()
    assert driver.session.connection_status(driver.now).outage == pytest.approx(20, abs=0.5)


def test_each_attempt_is_told_in_the_first_five_minutes_and_none_after() -> None:
    """An idle widget on a server that is off must not keep its own machine awake."""
    world = World(seed=4)
    ada = world.join("ada")
    world.server.crash()
    world.run(290)
    assert ada.page.changes[do.ConnectionChanged] > 50
    world.run(70)  # one more tells that it has become quiet
    ada.page.changes.clear()
    dials = len(ada.dialled_at)
    world.network.refusals.extend([http(503), closed(1013), LOST] * 5)  # whatever the reasons
    world.run(600)
    assert len(ada.dialled_at) > dials + 10
    assert ada.page.changes == {}
    standing = ada.session.connection_status(world.now)
    assert (standing.attempt, standing.retry_at) == (0, None)
    world.server.start()
    world.settle()
    assert ada.page.status == "connected"


def test_an_idle_connection_tells_nothing() -> None:
    """Pings and pongs are nobody's business."""
    world = World()
    ada = world.join("ada")
    ada.type("hello")
    world.run(1)
    ada.page.changes.clear()
    world.run(3600)
    assert ada.page.changes == {}


# --- the machine itself -------------------------------------------------------------------------


@rows(
    ("phase", "event"),
    [
        ("idle", ev.Nudged(ev.Nudge.BUTTON)),
        ("idle", ev.Ticked()),
        ("dialing", ev.Renewed("new")),
        ("live", ev.OlderWanted(0)),
    ],
)
def test_harmless_events_may_come_any_time(phase: str, event: ev.Happened) -> None:
    """What a shell cannot help saying is ignored where it means nothing."""
    driver = Driver()
    if phase == "dialing":
        driver.start()
    elif phase == "live":
        driver.live()
    assert [e for e in driver.happens(event) if isinstance(e, do.Dial)] == []
    assert driver.session.phase.value == phase


def test_impossible_moves_are_misuse_and_named() -> None:
    """The message names both halves, and nothing has changed."""
    driver = Driver().start()
    for impossible in (ev.Started(), ev.Received(1, event(1)), ev.Heard(1), ev.Pinged(1, 0)):
        name = type(impossible).__name__
        with pytest.raises(Misuse, match=f"{name} cannot happen while DIALING"):
            driver.happens(impossible)
    driver.open()
    with pytest.raises(Misuse, match="Opened cannot happen while GREETING"):
        driver.happens(ev.Opened(1))


def test_news_of_earlier_dials_are_ignored() -> None:
    """A connection that was given up may die in its own time."""
    driver = Driver()
    driver.live(event(1))
    driver.drop()
    late: list[ev.Happened] = [
        ev.Opened(1),
        ev.Received(1, event(2)),
        ev.Heard(1),
        ev.Pinged(1, 0),
        ev.Dropped(1, closed(4410)),
    ]
    for news in late:
        assert driver.happens(news) == []  # while waiting
    driver.live()
    for news in late:
        assert driver.happens(news) == []  # and while the next is live
    assert driver.session.status == "connected"
    assert driver.session.transcript.last == 1


def test_two_clients_of_one_session_see_every_event() -> None:
    """Both show the same log, whoever spoke, whoever was away."""
    world = World()
    ada, bob = world.join("ada"), world.join("bob")
    ada.type("one")
    bob.type("two")
    world.settle()
    assert bob.connection is not None
    bob.connection.go_silent()
    ada.type("three")
    bob.type("four")
    assert world.settle()
    assert ada.page.history == bob.page.history == world.server.log().events
    assert sorted(e.text for e in ada.page.history if e.role == "learner") == [
        "four",
        "one",
        "three",
        "two",
    ]


def test_sessions_are_apart() -> None:
    """Nothing said in one is seen in another."""
    world = World()
    ada, bob = world.join("ada", "one"), world.join("bob", "two")
    ada.type("hello")
    assert world.settle()
    assert [e.text for e in ada.page.history] == ["hello", "You said: hello"]
    assert bob.page.history == []


def test_words_of_an_outage_are_sent_in_order_once() -> None:
    """Typed while the server was dead, committed and answered when it is back."""
    world = World()
    ada = world.join("ada")
    with world.outage():
        for text in ("one", "two", "three"):
            ada.type(text)
            world.run(1)
    assert world.settle()
    said = [e.text for e in ada.page.history if e.role == "learner"]
    assert said == ["one", "two", "three"]
    answers = [e.text for e in ada.page.history if e.role == "tutor"]
    assert answers == ["You said: one", "You said: two", "You said: three"]


@rows("pause", [0.0, 0.004, 0.006, 0.02, 0.03, 0.05, 0.3])
def test_a_crash_of_the_client_forgets_nothing_durable(pause: float) -> None:
    """At whatever moment it dies: what the journal has is sent, once."""
    world = World()
    ada = world.join("ada")
    id = ada.type("hello")
    world.run(pause)
    ada.crash()
    assert world.settle()
    assert (id in world.server.log().at) == (id not in ada.lost)
    assert [e.id for e in world.server.log().events if e.role == "learner"] == [
        id for id in ada.typed if id not in ada.lost
    ]
    assert not ada.journal


def test_a_poisonous_message_does_not_hold_up_the_rest() -> None:
    """The server breaks off at one of five; the other four arrive."""
    for code in (1011, None):
        world = World()
        world.server.poison = {"poison": code}
        ada = world.join("ada")
        with world.outage():
            for text in ("one", "two", "poison", "three", "four"):
                ada.type(text)
        assert world.settle(), world.trace[-5:]
        said = [e.text for e in ada.page.history if e.role == "learner"]
        assert said == ["one", "two", "three", "four"]
        assert [m.text for m in ada.page.queue.values()] == ["poison"]
