"""The samples of docs/comm.md are the kernel's own. vitest reads tests/golden/comm.json too."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any, Final

import pytest

from tests.support.chats import show, wait_for_status
from tests.support.driven_chat import DrivenChat
from tests.support.driver import LOST, closed, event, http
from tests.support.paths import GOLDEN, ROOT
from tests.support.servers.scripted import Peer, Scripted
from tutor_widget import TutorChat
from tutor_widget.client.storage.files import write_draft
from tutor_widget.client.storage.folders import data_folder
from tutor_widget.notebook import ipython
from tutor_widget.notebook.commands import _COMMANDS, QUESTIONS
from tutor_widget.notebook.model import MIRRORED
from tutor_widget.session import Ending
from tutor_widget.session import events as ev
from tutor_widget.wire import (
    Answering,
    Delta,
    Event,
    Limits,
    Page,
    Refused,
    Reported,
    ServerFrame,
    State,
)

SAMPLES: Final[dict[str, Any]] = json.loads((GOLDEN / "comm.json").read_text("utf-8"))
SERVER: Final = "wss://hub.example.edu/services/tutor/"
AT: Final = 1_760_000_000_000
LESSON: Final = {
    "title": "Lists in Python",
    "step": 1,
    "of": 8,
    "score": 0,
    "attempts": 0,
    "suggestions": ["hint", "skip"],
}
NEXT_STEP: Final = LESSON | {"step": 2, "attempts": 1, "suggestions": []}
ONE_AT_A_TIME: Final = Limits(text=32768, unacked=1)


Act = Callable[[DrivenChat], object]


def receives(*frames: ServerFrame) -> Act:
    return lambda chat: chat.receive(*frames)


def saves(id: str) -> Act:
    return lambda chat: chat.happens(ev.Saved((id,)))


def gives(op: str, id: str, **more: Any) -> Act:
    return lambda chat: chat.command(op, id, **more)


def requests(op: str, id: str, **more: Any) -> Act:
    return lambda chat: chat.command(op, id, key=chat.chat.page.key, **more)


def connects(*replay: Event, **more: Any) -> Act:
    usual = {"account": "anna", "limits": ONE_AT_A_TIME, "state": LESSON, "rev": 3}
    return lambda chat: chat.perform(chat.driver.live(*replay, **usual | more))


def drops(ending: Ending, after: float = 0.0) -> Act:
    return lambda chat: chat.perform(chat.driver.drop(ending, after))


def waits(chat: DrivenChat) -> None:
    """Until the next dial."""
    chat.perform(chat.driver.tick(chat.driver.due))


def raises(chat: DrivenChat) -> None:
    """A cell does."""
    error = {"name": "NameError", "message": "name 'x' is not defined", "traceback": "…"}
    ipython.watch.ran = ipython.Ran(cell="x", error=error)
    chat.chat.page._offer()


STEPS: Final[dict[str, list[Act]]] = {
    "the learner goes on with an old conversation": [gives("continue", "c0")],
    "a typed message is being saved": [gives("say", "m1", text="1", rev=3)],
    "the next one follows, with what is shared": [
        gives("say", "m2", text="more", rev=3, context={"cell": "xs[3]"})
    ],
    "a changed item stays in its place, and a saved message is acknowledged": [saves("m1")],
    "the next one waits for its turn": [saves("m2")],
    "its event takes a message from the queue into the log": [
        receives(event(8, "m1", text="1", at=AT + 5_000))
    ],
    "the answer waits in the server's queue": [receives(Answering(re="m1", place=2))],
    "the answer begins": [receives(Delta(id="t1", re="m1", from_=0, text="Not 🙂"))],
    "more of it, counted in code points": [
        receives(Delta(id="t1", re="m1", from_=5, text=" quite"))
    ],
    "generated anew it begins afresh under another id": [
        receives(Delta(id="t2", re="m1", from_=0, text="No"))
    ],
    "the answer waits for a person's approval": [receives(Answering(re="m1", held=True))],
    "the event replaces the reply under way, with the tutor's new state": [
        receives(
            State(rev=4, state=NEXT_STEP),
            event(9, "t2", role="tutor", text="Not quite: it gives 2.", at=AT + 9_000, re="m1"),
        )
    ],
    "a message that something went along with says so": [
        receives(event(10, "m2", text="more", at=AT + 9_100))
    ],
    "a person writes": [
        receives(event(11, "n1", role="notice", text="Well done.", at=AT + 9_200, by="Ms Grey"))
    ],
    "a reply begins": [receives(Delta(id="t3", re="m2", from_=0, text="x"))],
    "the link breaks": [drops(LOST, after=11), waits, drops(http(503))],
    "what is typed meanwhile is queued": [gives("say", "m3", text="?", rev=4), saves("m3")],
    "null: it is back, and there is no reply after all": [
        waits,
        connects(state=NEXT_STEP, rev=4, offers=["report", "erase"]),
    ],
    "a message is refused": [
        receives(Refused("m3", "too_long", "It is too long.", None)),
        saves("m3"),
    ],
    "and taken back": [gives("discard", "c1", message="m3"), saves("m3")],
    "older events come before the first": [
        lambda chat: chat.happens(ev.OlderRequested(2)),
        receives(
            Page(
                before=7,
                events=[
                    event(5, "m0", text="hello", at=AT - 10_000_000),
                    event(6, "t0", role="tutor", text="Hello!", at=AT - 9_999_000, re="m0"),
                ],
                more=False,
            )
        ),
    ],
    "acknowledgements may come alone": [gives("retry", "c2", message="m9")],
    "a cell was run and raised: there is something to share": [raises],
    "an answer is reported": [requests("report", "r1", message="_greeting", reason="wrong")],
    "the server has the report": [saves("r1"), receives(Reported("_greeting"))],
    "a report is refused": [
        requests("report", "r2", message="t0"),
        saves("r2"),
        receives(Refused("t0", "too_many", "Not now.", None)),
    ],
    "a conversation that this one replaced is deleted": [
        lambda chat: chat.chat.page.note_erased("another")
    ],
    "the learner asks to delete the conversation": [requests("erase", "e1"), saves("e1")],
    "it is deleted, and whole traits say so": [drops(closed(4410))],
}
"""What happens in the kernel, by the fact that a sample states."""


def begin(chat: DrivenChat) -> None:
    greeting = event(7, "_greeting", text="Welcome! What does `[1, 2, 3][1]` give?", at=AT)
    connects(greeting, first=7, seq=7, offers=["report"])(chat)
    chat.chat._show({"at": AT - 90_000_000})
    chat.command("view", "v0", view="v1", shown=True, n=0)


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> DrivenChat:
    """A chat that a page shows, connected, where the samples start."""
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    monkeypatch.setattr(ipython.watch, "ran", ipython.Ran())
    write_draft(data_folder() / "owners.key", b"the key of the samples, 32 bytes")
    chat = DrivenChat(SERVER, monkeypatch)
    chat.publish(begin)
    return chat


def traits(chat: DrivenChat) -> dict[str, Any]:
    return {name: json.loads(json.dumps(getattr(chat.model, name))) for name in MIRRORED}


def test_the_kernel_sends_the_sampled_messages_and_holds_the_sampled_traits(
    chat: DrivenChat,
) -> None:
    """One after the other; where the log was replaced it sends whole traits."""
    assert [step["fact"] for step in SAMPLES["steps"]] == list(STEPS)
    expected = {name: SAMPLES["start"][name] for name in MIRRORED}
    assert traits(chat) == expected
    for step in SAMPLES["steps"]:
        (sent,) = chat.publish(*STEPS[step["fact"]])
        expected |= step["traits"]
        found = sent["state"] if "state" in sent else sent["content"]
        assert found == (step["message"] or expected), step["fact"]
        assert traits(chat) == expected, step["fact"]


# --- every key is sampled -------------------------------------------------------------------------

CONTRACT: Final = (ROOT / "docs" / "comm.md").read_text("utf-8")


def documented(start: str, end: str, key: str = r'(?<!: )"(\w+)"') -> set[str]:
    """The keys in the first part of the contract that stands between these two."""
    part = CONTRACT[CONTRACT.index(start) + len(start) :]
    return set(re.findall(key, part[: part.index(end)], re.MULTILINE))


def sampled(trait: str) -> list[Any]:
    """All values of a trait, those of a list one by one."""
    steps = [SAMPLES["start"], *(step["traits"] for step in SAMPLES["steps"])]
    values = [traits[trait] for traits in steps if trait in traits]
    return [item for v in values for item in (v if isinstance(v, list) else [v])]


def keys(items: Iterable[dict[str, Any]]) -> set[str]:
    return {key for item in items for key in item}


def test_every_documented_key_of_the_kernel_is_sampled() -> None:
    """And no other: a new key gets a sample, or no test of the page meets it."""
    history, messages = sampled("history"), [step["message"] or {} for step in SAMPLES["steps"]]
    assert keys(sampled("_view")) == documented("| `_view` | `", "}`")
    assert keys(sampled("connection")) == documented("| `connection` | `", "}`")
    assert keys(sampled("queue")) == documented("| `queue` | `", "]`")
    assert keys(e for e in history if "seq" in e) == documented("`event` = `", "}`")
    assert keys(e for e in history if "seq" not in e) == documented("under way: `", "}`")
    assert keys(messages) == documented("in this order.", "}}", r'^[{ ]"(\w+)":') | {"acks"}


def test_every_documented_key_of_a_command_is_sampled() -> None:
    """In the table of its op, but for ``owner``, which the text gives to five."""
    rows = re.findall(r"^\| `(\w+)` \|(.*?)\|[^|]*\|$", CONTRACT, re.MULTILINE)
    table = {op: set(re.findall(r"`([a-z]+)`\??(?::|,| $)", further)) for op, further in rows}
    ops = {command["op"] for command in SAMPLES["commands"]}
    assert ops == {*_COMMANDS, *QUESTIONS}
    for op in ops:
        found = keys(command for command in SAMPLES["commands"] if command["op"] == op)
        assert found - {"op", "id", "owner"} == table[op], op
        assert ("owner" in found) == (op in ("say", "retry", "discard", "report", "erase")), op


# --- commands -------------------------------------------------------------------------------------


class Read(dict[str, Any]):
    """A command that notes which of its keys are read."""

    def __init__(self, keys: dict[str, Any]) -> None:
        super().__init__(keys)
        self.read: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.read.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        return super().get(key, default)


async def tutor(peer: Peer) -> None:
    await peer.welcome(seq=1, state=LESSON, rev=3, offers=["report", "erase"])
    await peer.send(Event(1, "_greeting", "tutor", "Welcome!", 0, "complete"))
    await peer.socket.wait_closed()


def test_the_kernel_takes_every_sampled_command_and_reads_all_of_it() -> None:
    """None is refused; only what names the conversation and its owner is put in here."""
    with Scripted(tutor) as server, closing(TutorChat(server.url, session="s")) as chat:
        wait_for_status(chat, "connected")
        outbound = show(chat)
        for sample in SAMPLES["commands"]:
            here = {"key": chat._view["key"], "owner": chat._view["owners"][-1]}
            command = Read(sample | {key: here[key] for key in here.keys() & sample.keys()})
            chat._handle_msg(
                {"content": {"data": {"method": "custom", "content": command}}, "buffers": []}
            )
            outbound.wait(lambda id=sample["id"]: id in outbound.acks)  # type: ignore[misc]
            assert outbound.acks[sample["id"]] is None, sample
            # Why a page nudges is for people who read what it sends.
            assert command.read >= sample.keys() - {"why"}, sample
