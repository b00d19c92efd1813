"""One chat's use of a client: which session it shows, and how it leaves one for another.

A widget and a terminal do the same here. They find the client of their session, follow it when it
hands over to another, remember the session, and take care of the messages in sessions they left.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable
from typing import Any

from tutor_widget.client.net.endpoint import Target
from tutor_widget.client.storage.disk import post_to_disk
from tutor_widget.client.storage.language import remember_language
from tutor_widget.client.storage.session_memory import SessionMemory, new_id
from tutor_widget.session import events as ev
from tutor_widget.version import NAME

from .client import Client, Listener
from .registry import open_client, send_left


class Subscription:
    """Listens to the client of one session. All methods run on the loop.

    ``listener`` is called with the changes of the client, from `open` until `release`.
    ``on_erased`` is called with the id of a session that was erased: the one that is open, or one
    that another has replaced.
    """

    def __init__(
        self,
        target: Target,
        memory: SessionMemory,
        listener: Listener,
        on_erased: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.target = target
        self.memory = memory
        self._listener = listener
        self._on_erased = on_erased
        self._lang: str | None = None
        self._opened: Client

    @property
    def client(self) -> Client:
        """The client of the session. It may be another one at each call: clients hand over."""
        self._opened = self._opened.current
        return self._opened

    @property
    def session(self) -> str:
        """The id of the session."""
        return self.client.session.session

    def open(self, session: str, account: str | None = None, *, lang: str | None = None) -> None:
        """Listen to the client of this session, and remember the session.

        ``account``: see `open_client`. ``lang``: see `speak`.
        """
        self._lang = lang or self._lang
        self._opened = open_client(self.target, session, self._listener, NAME, account)
        self._opened.on_erased.append(self._forget)
        if self._lang is not None:
            self._opened.happened(ev.LanguageChosen(self._lang))
        self._remember()

    def speak(self, lang: str) -> None:
        """The learner's interface speaks this language (BCP 47). The next hello says so."""
        if lang != self._lang:
            self._lang = lang
            self.client.happened(ev.LanguageChosen(lang))
            post_to_disk(remember_language, lang)

    def say(
        self,
        id: str,
        text: str,
        context: dict[str, Any] | None = None,
        rev: int | None = None,
    ) -> None:
        """Queue a message, and remember the session. Raises what `Client.say` raises."""
        self.client.say(id, text, context, rev)
        self._remember()

    def _remember(self) -> None:
        post_to_disk(self.memory.remember, self.session)

    def open_new(self) -> None:
        """Listen to the client of a new session in place of this one.

        What is typed there belongs to the same account until a welcome names another. The old
        client still sends what is queued. The disk holds the id of the old session before it holds
        the id of the new one: if this process dies, the next one sends the rest.
        """
        client = self.client
        old = client.session.session
        post_to_disk(self.memory.leave, old)
        self.open(new_id(), client.account)
        # Settled after the new one is remembered, or what that replaces would be left again.
        client.send_what_waits(self._settle(old))
        self._stop_listening(client)
        client.on_erased.append(self._forget)  # it is still remembered, as one that was left

    def move(self, memory: SessionMemory, session: str) -> None:
        """Listen to the client of this session, and remember it in that memory from now on.

        The old client still sends what is queued.
        """
        before, self.memory = self.memory, memory
        client = self.client
        if session == client.session.session:
            post_to_disk(before.forget, session)  # one session of two notebooks is none's own
            self._remember()
            return
        self.open(session, client.account)
        client.send_what_waits(lambda: None)
        self._stop_listening(client)

    def send_left(self, sessions: Iterable[str]) -> None:
        """Send what an earlier process left unsent in these sessions."""
        for session in sessions:
            send_left(self.target, session, self._settle(session), NAME)

    def release(self) -> None:
        """Stop listening. The last listener that leaves a client closes its connection."""
        self._stop_listening(self.client)

    def _stop_listening(self, client: Client) -> None:
        client.release(self._listener)
        with contextlib.suppress(ValueError):
            client.on_erased.remove(self._forget)

    def _settle(self, session: str) -> Callable[[], None]:
        return functools.partial(post_to_disk, self.memory.settle, session)

    def _forget(self, session: str, waits: bool) -> None:
        post_to_disk(self.memory.forget, session, waits)
        self._on_erased(session)
