"""The chat in a terminal: `tutor-widget chat URL`.

It shows the same conversation as a notebook would, over the same client, and so survives the same.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable
from typing import Final, TextIO

from tutor_widget import words
from tutor_widget.client import loop as background
from tutor_widget.client import memory as identity
from tutor_widget.client.client import Client, open_client, send_left
from tutor_widget.client.endpoint import Target
from tutor_widget.conversation import printable
from tutor_widget.errors import TutorError
from tutor_widget.session import Reply
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev
from tutor_widget.version import NAME
from tutor_widget.wire import Event

from .advice import advice_for

SHOWN_AT_START: Final = 10
"""Events of an earlier conversation that are shown."""
HELP: Final = "Commands: /stop  /new  /reconnect  /quit"
AGAIN: Final = "Type /reconnect to try again, /new for a new conversation."
_STATUS: Final = {
    "connecting": "Connecting…",
    "connected": "Connected",
    "reconnecting": "Reconnecting…",
    "closed": "Disconnected",
    "failed": "Not connected",
}


class Terminal:
    """One conversation on a screen. What is typed comes from ``read``, one line a message."""

    def __init__(self, target: Target, session: str | None, out: TextIO = sys.stdout) -> None:
        self._target = target
        self._memory = identity.SessionMemory(target.key, "terminal" if session is None else None)
        self._out = out
        self._status = ""
        self._reply: Reply | None = None
        self._shown_after = 0
        self._opened: Client
        known = session or background.call_on_disk(self._memory.recall).session
        left = background.call_on_disk(self._memory.left)
        background.call(lambda: self._attach(known))
        background.call(lambda: self._finish(left))

    @property
    def _client(self) -> Client:
        self._opened = self._opened.current
        return self._opened

    def _attach(self, session: str) -> None:
        self._opened = open_client(self._target, session, self._changed, NAME)
        self._client.on_erased.append(self._forget)
        background.post_to_disk(self._memory.remember, session)

    def _finish(self, left: list[str]) -> None:
        """Send what an earlier run could not before it ended, in conversations that were left."""
        for session in left:
            send_left(self._target, session, self._settling(session), NAME)

    def _settling(self, session: str) -> Callable[[], None]:
        return functools.partial(background.post_to_disk, self._memory.settle, session)

    def _forget(self, session: str) -> None:
        background.post_to_disk(self._memory.forget, session)

    def run(self, lines: TextIO = sys.stdin) -> None:
        """Take lines until they end or `/quit`."""
        self._print(HELP)
        for line in lines:
            text = line.rstrip("\n")
            if text == "/quit":
                break
            try:
                background.call(lambda text=text: self._obey(text))  # type: ignore[misc]
            except TutorError as error:
                self._print(f"! {error}")
        background.call(lambda: self._client.release(self._changed))

    def _obey(self, text: str) -> None:
        match text:
            case "/stop":
                self._client.happened(ev.Stopped())
            case "/reconnect":
                self._client.happened(ev.Nudged(ev.Nudge.BUTTON))
            case "/new":
                # What waits in the conversation that is left still goes out: by the next run, if
                # this one ends.
                left = self._client.session.session
                background.post_to_disk(self._memory.leave, left)
                self._client.send_what_waits(self._settling(left))
                self._client.on_erased.remove(self._forget)
                self._client.release(self._changed)
                self._shown_after = 0
                self._attach(identity.new_id())
            case "":
                pass
            case _:
                self._client.say(identity.new_id(), text)

    # --- on the loop ----------------------------------------------------------------------------

    def _changed(self, changes: list[do.Change]) -> None:
        session = self._client.session
        for change in changes:
            match change:
                case do.HistoryReplaced(last):
                    # Those that were shown are shown once, though the log came anew.
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
        standing = session.standing(0.0)
        waiting = len(session.outgoing.messages)
        status = _STATUS[session.status]
        if waiting and session.status != "connected":
            status += f" {waiting} waiting."
        reason = words.sentence(standing.code, standing.args)
        again = AGAIN if session.status == "failed" else ""
        said = " ".join(filter(None, (status, reason, advice_for(standing.advice), again)))
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
            self._print(f"Tutor: {event.text}")
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
        # What a server sends must not drive the terminal.
        safe = printable(text)
        with contextlib.suppress(OSError, ValueError):
            self._out.write(safe)
            self._out.flush()
