"""What a page and a program get as a code with arguments, beside the English sentence."""

from __future__ import annotations

import errno
import os
from contextlib import closing
from typing import Any

import pytest

from tests.support.chats import NOBODY, WITHIN, Outbound, command, show, wait_for, wait_for_status
from tests.support.servers.scripted import Peer, Scripted, answer, be_idle
from tutor_widget import TutorChat
from tutor_widget.client.loop import call_on_loop
from tutor_widget.client.outbox.journal import Journal
from tutor_widget.errors import Closed, Misuse
from tutor_widget.wire import Refused, Send

CONNECTION = "status since attempt retry_at now reason advice code args server outage".split()


def acknowledgement(outbound: Outbound, id: str) -> dict[str, Any]:
    """The whole acknowledgement of a command, once it is there."""
    outbound.wait(lambda: id in outbound.acks)
    return next(a for c in outbound.customs for a in c.get("acks", ()) if a["id"] == id)


def test_a_connection_says_what_happened_twice() -> None:
    """For people in English, for programs as a code with arguments, and under no other keys."""
    refusing = Scripted(be_idle, refuse=answer(404))
    with refusing as server, closing(TutorChat(server.url, session="s")) as chat:
        found = wait_for_status(chat, "failed")
    assert list(found) == CONNECTION
    assert (found["code"], found["args"]) == ("http_status", {"status": 404})
    assert found["reason"] == "No tutor at this address (HTTP status 404)."
    assert found["advice"] == (
        "If the address in the cell is wrong, correct it and run the cell again. "
        "If it is right, press Reconnect now."
    )


def test_a_connection_has_its_keys_from_the_start() -> None:
    """Before anything is known, and while all is well, there is no code."""
    with Scripted(be_idle) as server, closing(TutorChat(server.url, session="s")) as chat:
        assert list(chat._chat.page.first_connection()) == CONNECTION
        found = wait_for_status(chat, "connected")
    assert list(found) == CONNECTION
    assert (found["code"], found["args"], found["reason"]) == ("", {}, "")


@pytest.mark.parametrize(
    ("op", "more", "fault"),
    [
        ("say", {"text": " "}, {"error": "The message is empty.", "code": "message_empty"}),
        (
            "retry",
            {"message": "m9"},
            {
                "error": "No message 'm9' waits here; it may have been sent already.",
                "code": "no_such_message",
                "args": {"id": "m9"},
            },
        ),
        (
            "dance",
            {},
            {
                "error": "This notebook's kernel runs another version of tutor_widget. Restart it.",
                "code": "other_version",
            },
        ),
        (
            "stop",
            {"re": 7},
            {
                "error": "The page sent something that the kernel does not understand. "
                "Reload the page.",
                "code": "page_not_understood",
            },
        ),
        (
            "file",
            {"format": "md", "from": "7-1"},
            {
                "error": "The download took too long and was given up. Save it again.",
                "code": "download_expired",
            },
        ),
    ],
)
def test_a_refused_command_is_acknowledged_with_a_code(
    op: str, more: dict[str, Any], fault: dict[str, Any]
) -> None:
    """So the page says in its own language what went wrong."""
    with closing(TutorChat(NOBODY, session="s")) as chat:
        outbound = show(chat)
        command(chat, op, "c1", **more)
        assert acknowledgement(outbound, "c1") == {"id": "c1", "args": {}, **fault}


@pytest.mark.parametrize(
    ("code", "told"), [("empty", {"code": "empty"}), ("of_this_server", {}), ("sign_in", {})]
)
def test_a_refusal_keeps_the_servers_reason(code: str, told: dict[str, str]) -> None:
    """A code of the protocol is passed on; for any other the reason is all there is."""

    async def refuse(peer: Peer) -> None:
        await peer.welcome()
        said = await peer.receive()
        assert isinstance(said, Send)
        await peer.send(Refused(said.id, code, "As the server says."))
        await peer.socket.wait_closed()

    with Scripted(refuse) as server, closing(TutorChat(server.url, session="s")) as chat:
        id = chat.say("hello")
        queue = wait_for(chat, "queue", lambda q: any(m["status"] == "failed" for m in q))
    assert len(queue) == 1
    assert {name: queue[0][name] for name in queue[0].keys() - {"at", "text"}} == {
        "id": id,
        "status": "failed",
        "reason": "As the server says.",
        **told,
    }


def test_what_is_wrong_with_the_journal_is_a_code_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The warning names what the system says; it goes when the journal can be written."""

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with closing(TutorChat(NOBODY, session="s")) as chat:
        with monkeypatch.context() as full:
            full.setattr(Journal, "write", fail)
            chat.say("hello")
            view = wait_for(chat, "_view", lambda v: v["warning"] != "")
        assert view["warning"].startswith(
            "Messages cannot be saved on this computer (No space left on device)."
        )
        assert view["warning_code"] == "not_saved"
        assert view["warning_args"] == {"detail": "No space left on device"}
        chat.say("more")
        view = wait_for(chat, "_view", lambda v: v["warning"] == "")
        assert (view["warning_code"], view["warning_args"]) == ("", {})


# --- what a cell's own calls raise --------------------------------------------------------------


def test_a_question_of_a_closed_chat_says_what_became_of_it() -> None:
    """Whoever waits for the answer gets a code, and a sentence that says what to do."""
    with closing(TutorChat(NOBODY, session="s")) as chat:
        answer = chat._ask("hello")
        chat.close()
        with pytest.raises(Closed, match="run the cell again") as caught:
            answer.result(WITHIN)
    assert caught.value.code == "closed_before_answer"


def test_a_chat_of_a_forked_parent_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that wait are the program's mistake there, any other finds no chat."""
    with closing(TutorChat(NOBODY, session="s")) as chat:
        with monkeypatch.context() as forked:
            forked.setattr(chat, "_owner", -1)
            with pytest.raises(Closed) as closed:
                chat.say("hello")
            with pytest.raises(Misuse) as misused:
                chat.older()
        with pytest.raises(Misuse) as on_the_loop:
            call_on_loop(lambda: chat.ask_blocking("hello"))
    assert closed.value.code == "forked"
    assert misused.value.code == on_the_loop.value.code == "cannot_wait"


def test_an_answer_that_takes_too_long_says_what_goes_on() -> None:
    """The time-out is Python's own class; its sentence is the catalogue's."""
    with (
        closing(TutorChat(NOBODY, session="s")) as chat,
        pytest.raises(TimeoutError, match=r"^No answer within 0.01 s\. "),
    ):
        chat.ask_blocking("hello", 0.01)
