"""Whose a log and a message are: every rule of accounts that the session's machine keeps."""

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
from tutor_widget.errors import Refused
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev

# --- whose a message is -------------------------------------------------------------------------


def test_a_queue_that_was_never_welcomed_is_the_first_accounts() -> None:
    """It is journalled as that account's, and sent only once the journal has it."""
    driver = Driver().start()
    driver.say("m1")
    driver.say("m2")
    effects = driver.live(account="A")
    assert saves(effects) == {"m1": "A", "m2": "A"}
    assert sent(effects) == []
    assert sent(driver.happens(ev.Saved(("m1",)))) == ["m1"]
    assert sent(driver.happens(ev.Saved(("m2",)))) == ["m2"]


def test_a_message_that_is_being_saved_is_saved_again_with_its_account() -> None:
    """What the journal confirms is the message without an account, which is not enough to send."""
    driver = Driver().start()
    driver.happens(ev.Typed("m1", "hello", 0))
    assert saves(driver.live(account="A")) == {}
    effects = driver.happens(ev.Saved(("m1",)))
    assert saves(effects) == {"m1": "A"}
    assert sent(effects) == []
    assert sent(driver.happens(ev.Saved(("m1",)))) == ["m1"]


def test_nothing_overtakes_a_message_whose_account_is_not_durable() -> None:
    """What is typed afterwards has its account from the beginning, and waits all the same."""
    driver = Driver().start()
    driver.say("m1")
    driver.live(account="A")
    assert sent(driver.say("m2")) == []
    assert sent(driver.happens(ev.Saved(("m1",)))) == ["m1", "m2"]


def test_what_is_typed_belongs_to_the_account_welcomed_last() -> None:
    """Connected or not: it is that account's log that the learner looks at."""
    driver = Driver()
    driver.live(account="A")
    assert saves(driver.say("m1")) == {"m1": "A"}
    driver.drop()
    assert saves(driver.say("m2")) == {"m2": "A"}


def test_what_is_found_while_connected_is_the_accounts_if_it_is_nobodys() -> None:
    """A journal of version 0.1 names no account; one that names another keeps it."""
    driver = Driver()
    driver.live(account="A")
    effects = driver.happens(ev.Loaded((loaded("m1"), loaded("m2", account="B"))))
    assert saves(effects) == {"m1": "A"}
    assert sent(driver.happens(ev.Saved(("m1",)))) == ["m1"]
    assert shown(driver)["m2"] == FOREIGN


def test_what_is_found_offline_is_the_next_accounts() -> None:
    """Not the last one's: the credentials may have changed since."""
    driver = Driver()
    driver.live(account="A")
    driver.drop()
    assert saves(driver.happens(ev.Loaded((loaded("m1"),)))) == {}
    assert saves(back(driver, "B")) == {"m1": "B"}


def test_a_welcome_without_account_gives_none() -> None:
    """Where there are no accounts everything is as it was."""
    driver = Driver().start()
    driver.say("m1")
    effects = driver.live()
    assert saves(effects) == {}
    assert sent(effects) == ["m1"]


# --- another account ----------------------------------------------------------------------------


@pytest.mark.parametrize("other", ["B", None])
def test_a_queue_goes_to_no_other_account_and_out_when_its_own_is_back(other: str | None) -> None:
    """It is shown as not sent meanwhile, and what is typed meanwhile goes out without it."""
    driver = Driver()
    driver.live(account="A")
    driver.drop()
    driver.say("m1")
    driver.say("m2")
    assert {status for status, _ in shown(driver).values()} == {"queued"}
    effects = back(driver, other)
    assert do.QueueChanged() in effects
    assert sent(effects) == []
    assert shown(driver) == {"m1": FOREIGN, "m2": FOREIGN}
    assert sent(driver.say("m3")) == ["m3"]
    driver.receive(event(1, "m3"))
    effects = back(driver, "A")
    assert sent(effects) == ["m1", "m2"]
    assert do.QueueChanged() in effects
    assert shown(driver) == {"m1": ("sent", ""), "m2": ("sent", "")}


def test_a_journal_names_the_account_in_the_next_life() -> None:
    """After a restart of the kernel, too, and before any welcome it merely waits."""
    driver = Driver().start()
    driver.happens(ev.Loaded((loaded("m1", account="A", transmitted=True),)))
    assert shown(driver)["m1"] == ("queued", "")
    assert sent(driver.live(account="B")) == []
    assert shown(driver)["m1"] == FOREIGN
    assert sent(back(driver, "A")) == ["m1"]


def test_the_journal_never_has_a_message_as_failed_because_of_its_account() -> None:
    """Shown as failed, it is kept as it is: it may go out yet."""
    driver = Driver()
    driver.live(account="A")
    driver.drop()
    effects = driver.happens(ev.Typed("m1", "hello", 0))
    effects += back(driver, "B")
    effects += driver.happens(ev.Saved(("m1",)))
    assert [message.status for message in saved(effects)] == ["saving"]


def test_events_and_refusals_of_another_account_say_nothing_of_the_queue() -> None:
    """An id means the same message within one account only."""
    driver = Driver()
    driver.live(account="A")
    driver.drop()
    driver.say("m1")
    back(driver, "B")
    effects = driver.receive(wire.Refused("m1", "withdrawn", ""), event(1, "m1"))
    assert do.Forget("m1") not in effects
    assert sent(back(driver, "A")) == ["m1"]


def test_a_stop_goes_to_its_own_account_only() -> None:
    """It waits as the messages do."""
    driver = Driver()
    driver.live(event(1, "m1"), account="A")
    driver.drop()
    driver.happens(ev.Stopped("m1"))
    assert wire.Stop("m1") not in frames(back(driver, "B"))
    assert wire.Stop("m1") in frames(back(driver, "A", event(1, "m1")))


def test_a_suspect_of_another_account_slows_nothing() -> None:
    """One at a time is for the account whose message broke the connection."""
    driver = Driver()
    driver.live(account="A")
    driver.say("m1")
    driver.say("m2")
    driver.drop(closed(1009))
    back(driver, "B")
    assert [*sent(driver.say("n1")), *sent(driver.say("n2"))] == ["n1", "n2"]


def test_what_went_along_is_not_the_next_accounts() -> None:
    """A context that was shared in one account is at hand in no other."""
    driver = Driver()
    driver.live(account="A")
    driver.happens(ev.Typed("m1", "hello", 0, {"cell": "secret = 1"}))
    driver.happens(ev.Saved(("m1",)))
    driver.receive(event(1, "m1"))
    assert "m1" in driver.session.outgoing.contexts
    back(driver, "B")
    assert driver.session.outgoing.contexts == driver.session.outgoing.shared == {}


# --- taking back and trying again ---------------------------------------------------------------


def test_a_foreign_message_that_nobody_can_have_is_taken_back_at_once() -> None:
    """There is nothing to withdraw at any server."""
    driver = Driver()
    driver.live(account="A")
    driver.drop()
    driver.say("m1")
    back(driver, "B")
    effects = driver.happens(ev.Discarded("m1"))
    effects += driver.happens(ev.Saved(("m1",)))
    assert do.TakenBack("m1") in effects
    assert frames(effects) == []


def test_a_foreign_message_that_its_server_may_have_is_withdrawn_there() -> None:
    """Under another account nobody can promise that it will never be committed."""
    driver = Driver()
    driver.live(account="A")
    driver.say("m1")
    back(driver, "B")
    effects = driver.happens(ev.Discarded("m1"))
    effects += driver.happens(ev.Saved(("m1",)))
    assert frames(effects) == []
    assert shown(driver)["m1"][0] == "withdrawing"
    assert frames(back(driver, "A")) == [wire.Withdraw("m1")]


def test_try_again_gives_a_message_that_nobody_can_have_to_the_present_account() -> None:
    """The learner says so; the journal has it before it is sent."""
    driver = Driver()
    driver.live(account="A")
    driver.drop()
    driver.say("m1")
    back(driver, "B")
    effects = driver.happens(ev.Retried("m1"))
    assert saves(effects) == {"m1": "B"}
    assert sent(effects) == []
    assert sent(driver.happens(ev.Saved(("m1",)))) == ["m1"]


def test_try_again_does_not_put_one_message_into_two_logs() -> None:
    """One that was transmitted may be in its own account's log."""
    driver = Driver()
    driver.live(account="A")
    driver.say("m1")
    back(driver, "B")
    with pytest.raises(Refused, match="other sign-in"):
        driver.happens(ev.Retried("m1"))
    assert shown(driver)["m1"] == FOREIGN
    assert sent(back(driver, "A")) == ["m1"]


def test_an_erasure_ends_no_other_accounts_messages() -> None:
    """4410 speaks of the account that was welcomed."""
    driver = Driver()
    driver.live(account="A")
    driver.drop()
    driver.say("m1")
    back(driver, "B")
    driver.say("n1")
    effects = driver.drop(closed(4410))
    assert do.TakenBack("n1") in effects
    assert do.TakenBack("m1") not in effects
    assert effects.index(do.Erased("B")) < next(
        n for n, e in enumerate(effects) if isinstance(e, do.Save) and e.entry.id == "m1"
    )
    driver.happens(ev.Nudged(ev.Nudge.BUTTON))
    driver.happens(ev.Saved(("m1",)))
    assert sent(driver.live(account="A")) == ["m1"]


# --- the log ------------------------------------------------------------------------------------


def test_another_accounts_log_replaces_the_one_held() -> None:
    """Events, state and the reply under way are gone with the welcome."""
    driver = Driver()
    driver.live(event(1, "m1"), account="A", answering="m1", state={"step": 3}, rev=3)
    driver.receive(wire.Delta("_t", "m1", 0, "Dear Ada"))
    effects = back(driver, "B", event(1, "_b"), answering="m1")
    assert do.HistoryReplaced(1) in effects
    transcript = driver.session.transcript
    assert [e.id for e in transcript.events] == ["_b"]
    assert transcript.state == {}
    assert transcript.reply is not None
    assert transcript.reply.text == ""


@pytest.mark.parametrize("other", ["B", None])
def test_a_log_is_not_resumed_under_another_account(other: str | None) -> None:
    """A server that says so contradicts itself: all is dropped, and nothing of it believed."""
    driver = Driver()
    driver.live(event(1), account="A", state={"step": 3}, rev=3)
    driver.drop()
    driver.happens(ev.Loaded((loaded("m1"),)))
    driver.wait()
    assert driver.open().epoch == "e1"
    effects = driver.receive(welcome(seq=1, first=2, reset=False, rev=3, account=other))
    assert effects[:3] == [do.HistoryReplaced(0), do.StateChanged(), do.Abort()]
    assert saves(effects) == {}
    assert driver.session.transcript.events == []
    assert driver.session.transcript.state == {}
    driver.wait()
    assert driver.open().epoch is None


def test_a_log_of_no_known_account_is_the_first_ones_that_resumes_it() -> None:
    """A server that begins to name accounts has compared the prefix."""
    driver = Driver()
    driver.live(event(1))
    driver.drop()
    effects = driver.live(event(2), account="A")
    assert not any(isinstance(effect, do.HistoryReplaced) for effect in effects)
    assert [e.seq for e in driver.session.transcript.events] == [1, 2]
    assert driver.session.account == "A"


def test_an_event_with_the_id_of_another_accounts_message_leaves_it_in_the_queue() -> None:
    """It is an event like any other, and acknowledges nothing."""
    driver = Driver()
    driver.live(account="A")
    driver.drop()
    driver.say("a1")
    back(driver, "B")
    assert driver.receive(event(1, "a1")) == [do.Committed(event(1, "a1"))]
    assert shown(driver) == {"a1": FOREIGN}
