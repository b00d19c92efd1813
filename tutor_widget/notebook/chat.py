"""What a chat can do, on the loop: the part of `TutorChat` that its commands and methods share."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import replace
from typing import Any, Final

from tutor_widget import words
from tutor_widget.client import older
from tutor_widget.client.client import Client
from tutor_widget.client.net.endpoint import Target
from tutor_widget.client.storage.disk import run_on_disk
from tutor_widget.client.storage.session_memory import SessionMemory, SessionRecord
from tutor_widget.client.subscription import Subscription
from tutor_widget.conversation import Conversation, Unsent
from tutor_widget.errors import Closed, Unreachable
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev

from .callbacks import EventCallbacks
from .downloads import Downloads
from .identity import Identity
from .model import KernelModel
from .page import Page

STALE_AFTER: Final = 86_400.0
"""Seconds without use after which a remembered session is offered instead of just continued."""


class Chat:
    """One chat: its subscription to a client, its page, its callbacks. All methods run on the loop.

    ``language`` and ``owner``: see `Page`. ``speaks``: what the tutor is told of the learner's
    language until a page tells it. ``identity``: the notebook whose session this is; None: the
    session is nobody's to remember. ``saves``: whether notebooks may store the conversation.
    """

    def __init__(
        self,
        model: KernelModel,
        target: Target,
        memory: SessionMemory,
        language: str,
        owner: str,
        speaks: str | None,
        identity: Identity | None = None,
        *,
        saves: bool,
    ) -> None:
        self.subscription = Subscription(target, memory, self._changed, self._erased)
        self.page = Page(model, self.subscription, language, owner, saves)
        self.callbacks = EventCallbacks()
        self.downloads = Downloads()
        self.is_open = False
        self._seeking: asyncio.Task[None] | None = None
        self._has_sought = False
        """In vain: older events of this log are not held, for their size."""
        self._speaks = speaks
        self._language = words.ENGLISH
        self._identity = identity
        self._unfollow = _do_nothing
        self._is_fresh = False
        """The session was new when this chat opened it."""

    @property
    def client(self) -> Client:
        """The client of the session. It may be another one at each call."""
        return self.subscription.client

    def open(self, record: SessionRecord, notebook: str | None = None) -> None:
        """Show this session. ``notebook``: the id of the one for which it is remembered."""
        self.subscription.open(record.session, lang=self._speaks)
        self.is_open = True
        self._is_fresh = record.used_at is None
        self._show(_resume(record))
        if self._identity is not None:
            self._unfollow = self._identity.follow(self._follow_notebook)
            if notebook != self._identity.id:  # a page has said so meanwhile
                self._following = asyncio.create_task(self._follow_notebook(is_copy=False))

    async def meet_page(self, id: object, path: object) -> str | None:
        """A page shows this chat in the notebook that holds this id, at this path of its server.

        Returns the id that it has to hold; None: nothing is remembered for a notebook.
        """
        return None if self._identity is None else await self._identity.meet(id, path)

    async def _follow_notebook(self, is_copy: bool) -> None:
        """Show the session of another notebook, unless this one can be that."""
        assert self._identity is not None
        memory = self._identity.memory(self.subscription.target.key)
        found, left = await run_on_disk(lambda: (memory.recall(), memory.left()))
        if not self.is_open:
            return
        stays = self._identity.has_said or (self._is_fresh and found.used_at is None)
        if stays and not is_copy:
            self.subscription.move(memory, self.subscription.session)
        else:
            self.downloads.clear()
            self.subscription.move(memory, found.session)
            self._is_fresh = found.used_at is None
            self._show(_resume(found))
        self.subscription.send_left(left)

    def note_said(self) -> None:
        """The learner or the program goes on with the session that is shown."""
        if self._identity is not None:
            self._identity.has_said = True

    def open_new(self) -> None:
        """Show a new session in place of this one."""
        self.note_said()
        self.downloads.clear()
        self.subscription.open_new()
        self._show(None)

    def close(self) -> None:
        """End it. The last chat on a client closes the connection."""
        if not self.is_open:
            return
        self.is_open = False
        self._unfollow()
        if self._seeking is not None:
            self._seeking.cancel()
        self.subscription.release()
        self.downloads.clear()
        self.page.close()

    def say(self, id: str, text: str, context: dict[str, Any] | None, rev: int | None) -> None:
        """Queue a message. Raises what `Client.say` raises, and TypeError for what is no text."""
        if not isinstance(text, str):
            raise TypeError(f"a message is a string, not {type(text).__name__}")
        self.note_said()
        self.subscription.say(id, text, context, rev)

    def say_now(self, id: str, text: str, context: dict[str, Any] | None) -> None:
        """Queue a message that is written now, in view of the present state."""
        self.say(id, text, context, self.client.session.transcript.rev)

    def report(self, id: str, event: str, reason: str | None, *, share: bool = False) -> None:
        """Report an answer. Raises what `Client.report` raises, and TypeError for no text."""
        for text in (event, "" if reason is None else reason):
            if not isinstance(text, str):
                raise TypeError(f"an id and a reason are strings, not {type(text).__name__}")
        self.note_said()
        self.client.report(id, event, reason or "", share=share is True)

    def erase(self, id: str) -> None:
        """Delete the conversation. Raises what `Client.erase` raises."""
        self.note_said()
        self.client.erase(id)

    def continue_session(self) -> None:
        """The learner goes on with an old session."""
        self.note_said()
        self.page.continue_session()

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

    async def load_older(self, n: int) -> int:
        """Load up to ``n`` older events; returns how many. Raises Unreachable."""
        count = await older.fetch(self.client, n)
        self.page.flush()  # the caller finds them in the history
        return count

    async def _seek_answers(self) -> None:
        """Load older events until they hold each answer that is waited for, or end."""
        with contextlib.suppress(Unreachable, Closed):  # then at the next change
            while self.client.needs_older and not self._has_sought:
                self._has_sought = not await older.fetch(self.client, older.PAGE)

    async def whole_conversation(self) -> Conversation:
        """The conversation, with all older events that the server has. Raises Unreachable.

        Those that were not held are read only: `history`, and what pages show, stays as it is.
        """
        read, more = await older.read_all(self.client)
        held = self.held_conversation()
        events = {event.seq: event for event in (*read, *held.events)}  # some came meanwhile
        return replace(held, events=tuple(events[seq] for seq in sorted(events)), earlier=more)

    def held_conversation(self) -> Conversation:
        """The conversation as far as the kernel holds it."""
        session = self.client.session
        messages = session.outgoing.messages.values()
        title = session.transcript.state.get("title")  # a tutor's: it may be anything
        return Conversation(
            events=tuple(session.transcript.events),
            unsent=tuple(Unsent(m.id, m.text, m.at) for m in messages),
            title=title if isinstance(title, str) else "",
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


def _resume(record: SessionRecord) -> dict[str, int] | None:
    if record.used_at is None or time.time() - record.used_at < STALE_AFTER:
        return None
    return {"at": round(record.used_at * 1000)}


def _do_nothing() -> None:
    """There is nothing to end."""
