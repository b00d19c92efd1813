"""A chat in a terminal: `tutor-widget chat URL`.

It uses the same client as a notebook's widget, with the same guarantees. At a keyboard each line is
edited before it is sent. Where the input is a file or a pipe each of its lines is a message, and
the program ends when all are answered.
"""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any, Final

from tutor_widget.client.client import Client
from tutor_widget.client.loop import call_on_loop
from tutor_widget.client.net.endpoint import Target
from tutor_widget.client.storage.disk import call_on_disk
from tutor_widget.client.storage.session_memory import SessionMemory, new_id
from tutor_widget.client.subscription import Subscription
from tutor_widget.errors import TutorError
from tutor_widget.session import Reply
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev
from tutor_widget.wire import Event

from . import arguments
from .advice import advice_for, sentence_for
from .keyboard import typed
from .notices import Notices
from .screen import Message, Screen, is_styled

SHOWN_AT_START: Final = 10
"""Events of the conversation so far that are shown."""
PATIENCE: Final = 10.0
"""Seconds without a connection after which messages from a pipe are given up: they stay queued."""
HELP: Final = """\
/stop       stop the answer under way
/retry      send again what was not sent
/discard    take back the last message that waits
/new        begin a new conversation
/reconnect  connect now
/quit       end (as Ctrl+D)
/help       this list
Alt+Enter begins a new line. A pasted block is one message."""
AGAIN: Final = "Type /reconnect to try again, /new for a new conversation."
KEPT: Final = "Messages that wait: {count}. They go out the next time you chat with this tutor."
_STATUS: Final = {
    "connecting": "Connecting…",
    "connected": "Connected",
    "reconnecting": "Reconnecting…",
    "closed": "Disconnected",
    "failed": "Not connected.",
}
_COMMAND: Final = re.compile(r"/[a-z]+")


def run(argv: list[str]) -> int:
    """Chat until the input ends or `/quit`. Returns 1 if a piped message was not answered."""
    parser = arguments.parser("chat")
    arguments.add_session(parser)
    given = parser.parse_args(argv)
    target = arguments.target(given)
    session = arguments.session(given)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        screen = Screen(sys.stdout, draws=is_styled(sys.stdout))
        return Terminal(target, session, screen).run(sys.stdin)
    from prompt_toolkit.patch_stdout import patch_stdout

    with patch_stdout(raw=True):  # what is written appears above the line that is being typed
        screen = Screen(sys.stdout, draws=is_styled(sys.stdout))
        return Terminal(target, session, screen, at_keyboard=True).run(typed())


class Terminal:
    """One conversation on a screen. ``at_keyboard``: the screen shows what is typed already."""

    def __init__(
        self, target: Target, session: str | None, screen: Screen, *, at_keyboard: bool = False
    ) -> None:
        self._screen = screen
        self._at_keyboard = at_keyboard
        self._status = ""
        self._warning = ""
        self._notices = Notices()
        self._reply: tuple[Reply, Message] | None = None
        self._shown_after = 0
        self._typed: dict[str, Future[Event]] = {}
        self._failed: set[str] = set()  # ids of messages whose failure was said
        self._exit_status = 0
        self._news = threading.Event()
        memory = SessionMemory(target.key, "terminal" if session is None else None)
        known = session or call_on_disk(memory.recall).session
        left = call_on_disk(memory.left)
        self._subscription = Subscription(target, memory, self._changed)
        if at_keyboard:
            screen.line("/help lists the commands.")
        call_on_loop(lambda: self._subscription.open(known))  # from here on the loop writes, too
        call_on_loop(lambda: self._subscription.send_left(left))

    @property
    def _client(self) -> Client:
        return self._subscription.client

    def run(self, lines: Iterable[str]) -> int:
        """Send each line as a message, until the lines end or one is `/quit`.

        Returns the exit status. Unless somebody is at the keyboard, the end of the lines waits for
        the answers.
        """
        for line in lines:
            text = line.rstrip("\n").removeprefix("\ufeff")
            if text.strip() == "/quit":
                break
            self._take(text)
        else:
            if not self._at_keyboard:
                self._await_answers()
        if count := call_on_loop(lambda: len(self._client.session.outgoing.messages)):
            self._screen.line(KEPT.format(count=count))
        call_on_loop(self._subscription.release)
        return self._exit_status

    def _take(self, text: str) -> None:
        try:
            call_on_loop(lambda: self._obey(text))
        except TutorError as error:
            self._not_done(str(error))

    def _not_done(self, why: str) -> None:
        """A line of the input had no effect. A program learns it from the exit status."""
        self._screen.line(f"! {why}")
        self._exit_status = int(not self._at_keyboard)

    def _await_answers(self) -> None:
        """Wait until each message is answered, as long as there is hope."""
        answers = self._typed.values()
        while not all(answer.done() for answer in answers):
            self._news.clear()
            patience = call_on_loop(self._patience)
            if patience is not None and patience <= 0:
                self._exit_status = 1
                return
            if not all(answer.done() for answer in answers):
                self._news.wait(patience)
        if any(answer.exception() or answer.result().status == "failed" for answer in answers):
            self._exit_status = 1

    def _patience(self) -> float | None:
        """For how many s more to wait for a connection; None while there is one."""
        now = time.monotonic()
        connection = self._client.session.connection_status(now)
        if connection.status in ("failed", "closed"):
            return 0
        return None if connection.status == "connected" else connection.since + PATIENCE - now

    # --- on the loop: what is typed ---------------------------------------------------------------

    def _obey(self, text: str) -> None:
        commands: dict[str, Callable[[], None]] = {
            "": lambda: None,
            "/help": lambda: self._screen.line(HELP),
            "/stop": lambda: self._client.happened(ev.Stopped()),
            "/retry": self._retry,
            "/discard": self._discard,
            "/new": self._begin_anew,
            "/reconnect": lambda: self._client.happened(ev.Nudged(ev.Nudge.BUTTON)),
        }
        word = text.strip()
        if word in commands:
            commands[word]()
        elif _COMMAND.fullmatch(word):
            self._not_done(f"{word} is no command. /help lists them.")
        else:
            self._say(text)

    def _say(self, text: str) -> None:
        id = new_id()
        self._subscription.say(id, text, rev=self._client.session.transcript.rev)
        self._typed[id] = self._client.answer(id)
        self._typed[id].add_done_callback(lambda _: self._news.set())

    def _retry(self) -> None:
        queue = self._client.session.outgoing
        failed = [id for id, message in queue.shown.items() if message.status == "failed"]
        if not failed:
            self._screen.line("! There is nothing to send again.")
        for id in failed:
            self._failed.discard(id)
            self._client.happened(ev.Retried(id))

    def _discard(self) -> None:
        waiting = list(self._client.session.outgoing.messages)
        if not waiting:
            self._screen.line("! No message waits.")
        for id in waiting[-1:]:
            self._client.happened(ev.Discarded(id))

    def _begin_anew(self) -> None:
        self._shown_after = 0
        self._subscription.open_new()

    # --- on the loop: what is shown ---------------------------------------------------------------

    def _changed(self, changes: list[do.Change]) -> None:
        self._news.set()
        for change in changes:
            match change:
                case do.HistoryReplaced(last):
                    # A log that is sent again shows no event a second time.
                    self._shown_after = max(min(self._shown_after, last), last - SHOWN_AT_START)
                case do.Committed(event) if event.seq > self._shown_after:
                    self._shown_after = event.seq
                    self._show(event)
                case do.ReplyChanged():
                    self._show_reply(self._client.session.transcript.reply)
                case do.StateChanged():
                    self._show_state(self._client.session.transcript.state)
                case do.ConnectionChanged() | do.QueueChanged():
                    self._show_failures()
                    self._show_status()
                case do.TakenBack():
                    self._screen.line("[taken back]")
                case _:
                    pass

    def _show_status(self) -> None:
        session = self._client.session
        connection = session.connection_status(time.monotonic())
        waiting = len(session.outgoing.messages)
        status = _STATUS[session.status]
        if waiting and session.status != "connected":
            status += f" {waiting} waiting."
        reason = sentence_for(connection.code, connection.args)
        again = AGAIN if session.status == "failed" and self._at_keyboard else ""
        # An outage passes by itself; a tutor that never answered may have another address.
        never = connection.code if session.status == "connecting" else ""
        advice = advice_for(connection.advice or never)
        said = " ".join(filter(None, (status, reason, advice, again)))
        if said != self._status:
            self._status = said
            self._screen.line(f"[{said}]")
        notice = self._client.warning
        warning = sentence_for(*notice) if notice else ""
        if warning != self._warning:
            self._warning = warning
            self._screen.line(f"! {warning}")

    def _show_failures(self) -> None:
        """Say once of each message that it was not sent, and why."""
        for message in self._client.session.outgoing.shown.values():
            if message.status == "failed" and message.id not in self._failed:
                self._failed.add(message.id)
                reason = sentence_for(message.code) or message.reason
                what_next = " /retry sends it again, /discard takes it back."
                self._screen.line(f"! Not sent. {reason}{what_next if self._at_keyboard else ''}")

    def _show(self, event: Event) -> None:
        if event.role != "learner":
            self._end_reply(event)
        elif not (self._at_keyboard and event.id in self._typed):
            self._screen.line(f"You: {event.text}")
        if event.status != "complete":
            self._screen.line(f"[{event.status}]")

    def _end_reply(self, event: Event) -> None:
        """Write what is not yet written of the tutor's message, or of a notice."""
        message = self._screen.message(" ".join((event.by or "Tutor").split()))
        if self._reply is not None and self._reply[0].re == event.re:
            reply, begun = self._reply
            self._reply = None
            if event.text.startswith(reply.text):
                message = begun
        message.end(event.text)

    def _show_state(self, state: dict[str, Any]) -> None:
        for notice in self._notices.of_state(state, round(time.time() * 1000)):
            self._screen.line(f"[{notice}]")

    def _show_reply(self, reply: Reply | None) -> None:
        if waits := self._notices.of_reply(reply):
            self._screen.line(f"[{waits}]")
        if reply is None or not reply.text:
            return
        shown = self._reply
        if shown and shown[0].id == reply.id and reply.text.startswith(shown[0].text):
            message = shown[1]
        else:
            message = self._screen.message("Tutor")
        message.grow(reply.text)
        self._reply = (reply, message)
