"""A chat in a terminal: `tutor-widget chat URL`.

It uses the same client as a notebook's widget, with the same guarantees.
"""

from __future__ import annotations

import contextlib
import sys
import time
from typing import Final, TextIO

from tutor_widget import words
from tutor_widget.client.client import Client
from tutor_widget.client.loop import call_on_loop
from tutor_widget.client.net.endpoint import Target
from tutor_widget.client.storage.disk import call_on_disk
from tutor_widget.client.storage.session_memory import SessionMemory, new_id
from tutor_widget.client.subscription import Subscription
from tutor_widget.conversation import printable
from tutor_widget.errors import TutorError
from tutor_widget.session import Reply
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev
from tutor_widget.wire import Event

from . import arguments
from .advice import advice_for

SHOWN_AT_START: Final = 10
"""Events of the conversation so far that are shown."""
HELP: Final = "Commands: /stop  /new  /reconnect  /quit"
AGAIN: Final = "Type /reconnect to try again, /new for a new conversation."
_STATUS: Final = {
    "connecting": "Connecting…",
    "connected": "Connected",
    "reconnecting": "Reconnecting…",
    "closed": "Disconnected",
    "failed": "Not connected",
}


def run(argv: list[str]) -> int:
    """Chat until the input ends or `/quit`."""
    parser = arguments.parser("chat")
    arguments.add_session(parser)
    given = parser.parse_args(argv)
    target = arguments.target(given)
    Terminal(target, arguments.session(given)).run()
    return 0


class Terminal:
    """One conversation on a screen. ``out`` takes the text that is shown."""

    def __init__(self, target: Target, session: str | None, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._status = ""
        self._reply: Reply | None = None
        self._shown_after = 0
        memory = SessionMemory(target.key, "terminal" if session is None else None)
        known = session or call_on_disk(memory.recall).session
        left = call_on_disk(memory.left)
        self._subscription = Subscription(target, memory, self._changed)
        call_on_loop(lambda: self._subscription.open(known))
        call_on_loop(lambda: self._subscription.send_left(left))

    @property
    def _client(self) -> Client:
        return self._subscription.client

    def run(self, lines: TextIO = sys.stdin) -> None:
        """Send each line as a message, until the lines end or one is `/quit`."""
        self._print(HELP)
        for line in lines:
            text = line.rstrip("\n")
            if text == "/quit":
                break
            try:
                call_on_loop(lambda text=text: self._obey(text))  # type: ignore[misc]
            except TutorError as error:
                self._print(f"! {error}")
        call_on_loop(self._subscription.release)

    def _obey(self, text: str) -> None:
        match text:
            case "/stop":
                self._client.happened(ev.Stopped())
            case "/reconnect":
                self._client.happened(ev.Nudged(ev.Nudge.BUTTON))
            case "/new":
                self._shown_after = 0
                self._subscription.open_new()
            case "":
                pass
            case _:
                self._subscription.say(new_id(), text, rev=self._client.session.transcript.rev)

    # --- on the loop ----------------------------------------------------------------------------

    def _changed(self, changes: list[do.Change]) -> None:
        session = self._client.session
        for change in changes:
            match change:
                case do.HistoryReplaced(last):
                    # A log that is sent again shows no event a second time.
                    self._shown_after = max(min(self._shown_after, last), last - SHOWN_AT_START)
                case do.Committed(event) if event.seq > self._shown_after:
                    self._shown_after = event.seq
                    self._show(event)
                case do.ReplyChanged():
                    self._show_reply(session.transcript.reply)
                case do.ConnectionChanged():
                    self._show_status()
                case _:
                    pass

    def _show_status(self) -> None:
        session = self._client.session
        connection = session.connection_status(time.monotonic())
        waiting = len(session.outgoing.messages)
        status = _STATUS[session.status]
        if waiting and session.status != "connected":
            status += f" {waiting} waiting."
        reason = words.sentence(connection.code, connection.args)
        again = AGAIN if session.status == "failed" else ""
        said = " ".join(filter(None, (status, reason, advice_for(connection.advice), again)))
        if said != self._status:
            self._status = said
            self._print(f"[{said}]")

    def _show(self, event: Event) -> None:
        shown = self._reply
        if event.role == "learner":
            self._print(f"You: {event.text}")
        elif shown is not None and shown.re == event.re and event.text.startswith(shown.text):
            self._write(event.text[len(shown.text) :] + "\n")
        else:
            who = " ".join((event.by or "Tutor").split())
            self._print(f"{who}: {event.text}")
        if shown is not None and shown.re == event.re:
            self._reply = None
        if event.status != "complete":
            self._print(f"[{event.status}]")

    def _show_reply(self, reply: Reply | None) -> None:
        shown = self._reply
        if reply is None or not reply.text:
            return
        if shown is not None and shown.id == reply.id and reply.text.startswith(shown.text):
            self._write(reply.text[len(shown.text) :])
        else:
            self._write(f"\nTutor: {reply.text}" if shown else f"Tutor: {reply.text}")
        self._reply = reply

    def _print(self, line: str) -> None:
        self._write(line + "\n")

    def _write(self, text: str) -> None:
        # Control characters from a server must not drive the terminal.
        safe = printable(text)
        with contextlib.suppress(OSError, ValueError):
            self._out.write(safe)
            self._out.flush()
