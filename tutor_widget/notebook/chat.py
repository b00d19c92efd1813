"""What a chat can do, on the loop: the part of `TutorChat` that its commands and methods share."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

from tutor_widget import words
from tutor_widget.client import older
from tutor_widget.client.client import Client
from tutor_widget.client.net.endpoint import Target
from tutor_widget.client.storage.session_memory import SessionMemory
from tutor_widget.client.subscription import Subscription
from tutor_widget.conversation import Conversation, Unsent
from tutor_widget.errors import Closed, Unreachable
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev

from .callbacks import EventCallbacks
from .downloads import Downloads
from .model import KernelModel
from .page import Page


class Chat:
    """One chat: its subscription to a client, its page, its callbacks. All methods run on the loop.

    ``language`` and ``owner``: see `Page`. ``speaks``: what the tutor is told of the learner's
    language until a page tells it.
    """

    def __init__(
        self,
        model: KernelModel,
        target: Target,
        memory: SessionMemory,
        language: str,
        owner: str,
        speaks: str | None,
    ) -> None:
        self.subscription = Subscription(target, memory, self._changed, self._erased)
        self.page = Page(model, self.subscription, language, owner)
        self.callbacks = EventCallbacks()
        self.downloads = Downloads()
        self.is_open = False
        self._seeking: asyncio.Task[None] | None = None
        self._has_sought = False
        """In vain: older events of this log are not held, for their size."""
        self._speaks = speaks
        self._language = words.ENGLISH

    @property
    def client(self) -> Client:
        """The client of the session. It may be another one at each call."""
        return self.subscription.client

    def open(self, session: str, resume: dict[str, int] | None = None) -> None:
        """Show this session. ``resume``: see `Page.show_session`."""
        self.subscription.open(session, lang=self._speaks)
        self.is_open = True
        self._show(resume)

    def open_new(self) -> None:
        """Show a new session in place of this one."""
        self.downloads.clear()
        self.subscription.open_new()
        self._show(None)

    def close(self) -> None:
        """End it. The last chat on a client closes the connection."""
        if not self.is_open:
            return
        self.is_open = False
        if self._seeking is not None:
            self._seeking.cancel()
        self.subscription.release()
        self.downloads.clear()
        self.page.close()

    def say(self, id: str, text: str, context: dict[str, Any] | None, rev: int | None) -> None:
        """Queue a message. Raises what `Client.say` raises, and TypeError for what is no text."""
        if not isinstance(text, str):
            raise TypeError(f"a message is a string, not {type(text).__name__}")
        self.subscription.say(id, text, context, rev)

    def say_now(self, id: str, text: str, context: dict[str, Any] | None) -> None:
        """Queue a message that is written now, in view of the present state."""
        self.say(id, text, context, self.client.session.transcript.rev)

    def report(self, id: str, event: str, reason: str | None) -> None:
        """Report an answer. Raises what `Client.report` raises, and TypeError for no text."""
        for text in (event, "" if reason is None else reason):
            if not isinstance(text, str):
                raise TypeError(f"an id and a reason are strings, not {type(text).__name__}")
        self.client.report(id, event, reason or "")

    def happened(self, event: ev.Happened) -> None:
        """Pass an event of the learner's or the program's to the session."""
        self.client.happened(event)

    def set_words(self, language: str, catalogue: dict[str, Any] | None) -> None:
        """Use the words of this language, in pages and in saved files."""
        self._language = language
        self.page.set_words(catalogue)

    @property
    def not_drawn(self) -> str:
        """What to say where a page does not draw the chat. Reads files."""
        language = words.choose([self._speaks or words.ENGLISH])
        sentence: str = words.catalogue(language)["page"]["not_drawn"]
        return sentence

    async def load_older(self, n: int | None) -> int:
        """Load up to ``n`` older events, all if None; returns how many. Raises Unreachable."""
        count = await older.fetch(self.client, n)
        self.page.flush()  # the caller finds them in the history
        return count

    async def _seek_answers(self) -> None:
        """Load older events until they hold each answer that is waited for, or end."""
        with contextlib.suppress(Unreachable, Closed):  # then at the next change
            while self.client.needs_older and not self._has_sought:
                self._has_sought = not await older.fetch(self.client, older.PAGE)

    async def whole_conversation(self) -> Conversation:
        """The conversation, with all older events that the server has. Raises Unreachable."""
        await self.load_older(None)
        return self.held_conversation()

    def held_conversation(self) -> Conversation:
        """The conversation as far as the kernel holds it."""
        session = self.client.session
        messages = session.outgoing.messages.values()
        return Conversation(
            events=tuple(session.transcript.events),
            unsent=tuple(Unsent(m.id, m.text, m.at) for m in messages),
            title=str(session.transcript.state.get("title") or ""),
            server=self.subscription.target.label,
            saved_at=round(time.time() * 1000),
            state=session.transcript.state,
            language=self._language,
            earlier=session.transcript.more,
        )

    def _show(self, resume: dict[str, int] | None) -> None:
        transcript = self.client.session.transcript
        self.callbacks.start_after(transcript.epoch, transcript.last)
        self.page.show_session(resume)

    def _erased(self, session: str) -> None:
        self.page.note_erased(session)

    def _changed(self, changes: list[do.Change]) -> None:
        session = self.client.session
        if session.is_erased:
            self.downloads.clear()
        self.callbacks.deliver(changes, session.transcript.epoch)
        self.page.take(changes)
        if any(isinstance(change, do.HistoryReplaced) for change in changes):
            self._has_sought = False
        is_seeking = self._seeking is not None and not self._seeking.done()
        if self.client.needs_older and not (is_seeking or self._has_sought):
            self._seeking = asyncio.create_task(self._seek_answers())
