"""`tutor-widget chat` on a real terminal, and in a pipe."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast, get_args

import pytest

from tests.support.servers.processes import Tutor
from tests.support.servers.scripted import Peer, Scripted, answer
from tests.support.terminal import CTRL_C, CTRL_D, LEFT, UP, OnTerminal, pasted
from tutor_widget.cli.advice import advice_for, sentence_for
from tutor_widget.cli.chat import HELP
from tutor_widget.cli.screen import MOST_DRAWN
from tutor_widget.codes import Code
from tutor_widget.wire import Delta, Event, Refused, Send

WITHIN = 60.0
COMMAND = [sys.executable, "-c", "import sys; from tutor_widget.cli import main; sys.exit(main())"]
UTF_8 = {"PYTHONIOENCODING": "utf-8"}


def chat(url: str, environment: Mapping[str, str] = UTF_8) -> OnTerminal:
    """`tutor-widget chat` on a terminal, once it is connected."""
    return OnTerminal([*COMMAND, "chat", url], environment)


def echoes(said: queue.Queue[str]) -> Callable[[Peer], Any]:
    """A server that puts each message into the queue, and answers with "heard"."""

    async def talk(peer: Peer) -> None:
        await peer.welcome()
        for seq in range(1, 99, 2):
            message = await peer.take(seq)
            said.put(message.text)
            await peer.send(Event(seq + 1, f"_t{seq}", "tutor", "heard", 0, "complete", message.id))

    return talk


def replies(*pieces: str) -> Callable[[Peer], Any]:
    """A server that answers one message in these pieces."""

    async def talk(peer: Peer) -> None:
        await peer.welcome()
        message = await peer.take(1)
        text = ""
        for piece in pieces:
            await peer.send(Delta(id="_t", re=message.id, from_=len(text), text=piece))
            text += piece
        await peer.send(Event(2, "_t", "tutor", text, 0, "complete", message.id))
        await peer.socket.wait_closed()

    return talk


def test_a_line_is_edited_with_the_arrow_keys() -> None:
    """No escape code is sent; the arrow up recalls what was said before."""
    said: queue.Queue[str] = queue.Queue()
    with Scripted(echoes(said)) as server, chat(server.url) as terminal:
        terminal.until("[Connected]")
        terminal.press(f"helo{LEFT}l\r")
        terminal.until("heard")
        terminal.press(f"{UP}{LEFT}{LEFT}XX\r")
        terminal.until("heard")
        terminal.press(CTRL_D)
        assert terminal.end() == 0
    assert [said.get(timeout=WITHIN) for _ in range(2)] == ["hello", "helXXlo"]


def test_a_pasted_block_is_one_message() -> None:
    """With its lines and indentation, and nothing is sent before Enter."""
    said: queue.Queue[str] = queue.Queue()
    code = "def f(x):\n    return x\n\nprint(f(1))"
    with Scripted(echoes(said)) as server, chat(server.url) as terminal:
        terminal.until("[Connected]")
        terminal.press(pasted(code))
        terminal.press("  # why?\r")
        terminal.until("heard")
        terminal.press("\x1b\rone\x1b\rtwo\r")
        terminal.until("heard")
    assert said.get(timeout=WITHIN) == f"{code}  # why?"
    assert said.get(timeout=WITHIN) == "\none\ntwo"


def test_each_line_of_a_conversation_stands_on_the_terminal_once() -> None:
    """What was typed is there as it was typed, and is not repeated; Markdown is drawn as it comes,
    block by block, and what is a server's drives no terminal."""
    pieces = ["# A he", "ading\n\nSome **bold** words", ".\n\n```python\nx = 1\n", "\ny = 2\n```\n"]
    pieces += ["\n- one\n- two\n\n[a link](https://example.org) ![p](https://evil.example/p.png) ",
               "<b>tag</b> \x1b[2J`code`"]  # fmt: skip
    with Scripted(replies(*pieces)) as server, chat(server.url) as terminal:
        terminal.until("[Connected]")
        terminal.press("tell me\r")
        terminal.until("code")
        terminal.press("/quit\r")
        assert terminal.end() == 0
    lines = terminal.screen
    for once in (
        "[Connected]",
        "> tell me",
        "Tutor",
        "Some bold words.",
        " x = 1",
        " y = 2",
        " • one",
        " • two",
    ):
        assert lines.count(once) == 1, (once, lines)
    whole = "\n".join(lines)
    assert whole.count("A heading") == 1
    for gone in ("You:", "**", "```"):
        assert gone not in whole
    for kept in ("a link (https://example.org)", "evil.example/p.png", "<b>tag</b> \ufffd[2J"):
        assert kept in whole


def test_a_text_that_takes_long_to_draw_is_written_as_it_is() -> None:
    """Whole: nothing of it is left out."""
    lines = [f"- **{n}**\n" for n in range(MOST_DRAWN // 5)]
    # Whole lines: between two pieces the terminal may draw its prompt anew.
    pieces = ["".join(lines[i : i + 500]) for i in range(0, len(lines), 500)]
    with Scripted(replies(*pieces)) as server, chat(server.url) as terminal:
        terminal.until("[Connected]")
        terminal.press("count\r")
        terminal.until(f"- **{MOST_DRAWN // 5 - 1}**")
        written = re.findall(r"- \*\*(\d+)\*\*", terminal.shown)
    assert written == [str(n) for n in range(MOST_DRAWN // 5)]


def test_the_commands_explain_themselves() -> None:
    """`/help` lists all; what is no command is said and not sent, a path is a message."""
    said: queue.Queue[str] = queue.Queue()
    with Scripted(echoes(said)) as server, chat(server.url) as terminal:
        terminal.until("/help lists the commands.")
        terminal.until("[Connected]")
        terminal.press("/help\r")
        terminal.until(HELP.splitlines()[-1])
        terminal.press("/hlep\r")
        terminal.until("! /hlep is no command. /help lists them.")
        terminal.press("/retry\r")
        terminal.until("! There is nothing to send again.")
        terminal.press("/discard\r")
        terminal.until("! No message waits.")
        terminal.press("/usr/bin is what?\r")
        terminal.until("heard")
        for command in re.findall(r"^/\w+", HELP, re.MULTILINE):
            assert command in terminal.shown
        terminal.press(CTRL_C)
        assert terminal.end() == 130
    assert said.get(timeout=WITHIN) == "/usr/bin is what?"
    assert said.empty()


def test_a_message_that_was_refused_is_sent_again_or_taken_back() -> None:
    """`/retry` sends it again under its id, `/discard` takes it back."""

    async def talk(peer: Peer) -> None:
        await peer.welcome()
        first = cast("Send", await peer.receive())
        await peer.send(Refused(first.id, "bad_context", "no"))
        assert await peer.receive() == first
        await peer.send(Refused(first.id, "bad_context", "no"))
        await peer.socket.wait_closed()

    with Scripted(talk) as server, chat(server.url) as terminal:
        terminal.until("[Connected]")
        terminal.press("no\r")
        terminal.until("! Not sent. The tutor does not take what is attached to this message.")
        terminal.press("/retry\r")
        terminal.until("! Not sent.")
        terminal.press("/discard\r")
        terminal.until("[taken back]")
        terminal.press("/quit\r")
        assert terminal.end() == 0
        assert "wait" not in terminal.until("")


def piped(url: str, text: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """`tutor-widget chat` with this input, in a home of its own."""
    return subprocess.run(
        [*COMMAND, "chat", url],
        input=text.encode(),
        capture_output=True,
        timeout=WITHIN,
        env=os.environ | environment,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "shown"),
    [
        ({"PYTHONIOENCODING": "cp1252"}, "caf\xe9 ? 5 ? end".encode("cp1252")),
        ({"PYTHONIOENCODING": "ascii"}, b"caf? ? 5 ? end"),
        ({"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, b"caf? ? 5 ? end"),
        ({"LC_ALL": "POSIX"}, "café → 5 🙂 end".encode()),
        ({"PYTHONIOENCODING": "utf-8"}, "café → 5 🙂 end".encode()),
    ],
)
def test_what_an_encoding_does_not_have_is_a_question_mark(
    environment: dict[str, str], shown: bytes
) -> None:
    """Nothing around it vanishes, whether the reply came in pieces or whole."""
    with Scripted(replies("café → ", "5 🙂", " end")) as server:
        done = piped(server.url, "hello\n", **environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Tutor: " + shown + b"\n" in done.stdout


def test_a_terminal_that_knows_ascii_only_shows_question_marks() -> None:
    """Drawn text, too."""
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    with Scripted(replies("café → 5\n\n- 🙂 end")) as server, chat(server.url, ascii_only) as shown:
        shown.until("[Connected]")
        shown.press("hello\r")
        shown.until("caf? ? 5")
        shown.until("? end")


def test_a_piped_question_is_answered(start_tutor: Callable[..., Tutor]) -> None:
    """Each line is a message; the program ends with status 0 when all are answered."""
    done = piped(start_tutor("--tutor=echo").url, "\ufeffwhat is a list?\n\nand a tuple?")
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Tutor: what is a list?\n" in done.stdout.decode()
    assert "Tutor: and a tuple?\n" in done.stdout.decode()


def dead_end() -> Iterator[tuple[str, Any, str]]:
    """Servers that answer no question, and what is said."""

    async def refuse(peer: Peer) -> None:
        await peer.welcome()
        await peer.send(Refused((cast("Send", await peer.receive())).id, "full", "no room"))
        await peer.socket.wait_closed()

    async def fail(peer: Peer) -> None:
        await peer.welcome()
        message = await peer.take(1)
        await peer.send(Event(2, "_t", "tutor", "half", 0, "failed", message.id))
        await peer.socket.wait_closed()

    yield "refused", (refuse, None), "! Not sent. The tutor has no room left for your messages."
    yield "failed", (fail, None), "[failed]"
    yield "no tutor", (fail, answer(404)), "[Not connected. 1 waiting. No tutor at this address"
    yield "not ready", (fail, answer(503)), "Messages that wait: 1."


@pytest.mark.parametrize(("peer", "said"), [pytest.param(p, s, id=i) for i, p, s in dead_end()])
def test_a_piped_question_without_an_answer_is_said(peer: tuple[Any, Any], said: str) -> None:
    """The exit status is 1."""
    talk, refuse = peer
    with Scripted(talk, refuse=refuse) as server:
        done = piped(server.url, "what is a list?\n")
    assert done.returncode == 1
    assert said in done.stdout.decode()


def test_a_piped_line_that_is_no_command_is_a_failure(start_tutor: Callable[..., Tutor]) -> None:
    """It is not sent: that is said, and the exit status tells a program."""
    done = piped(start_tutor("--tutor=echo").url, "/hlep\nhello\n")
    assert b"! /hlep is no command." in done.stdout
    assert done.stdout.count(b"hello") == 2
    assert done.returncode == 1


def test_advice_on_a_terminal_names_nothing_of_a_notebook() -> None:
    """Neither a cell nor a kernel, page or button: of no connection's end and no message."""
    foreign = re.compile(r"\b(cell|kernel|notebook|page|press|button)\b", re.IGNORECASE)
    # These are answers to a page, or to a program in a notebook.
    for code in set(get_args(Code)) - {"other_version", "page_not_understood"}:
        said = f"{sentence_for(code)} {advice_for(code)}"
        assert not foreign.search(said), (code, said)
