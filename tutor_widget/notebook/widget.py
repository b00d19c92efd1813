"""`TutorChat`: a conversation with a tutor as a Jupyter widget. The public interface.

Its methods may be called on any thread: they post to the loop of `client.loop`, on which all state
lives (`chat.Chat`), and where traits are written (`page.Page`).
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import difflib
import os
import secrets
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar

from tutor_widget import words
from tutor_widget.client.client import Client
from tutor_widget.client.loop import call_on_loop, get_loop, is_on_loop, post_to_loop
from tutor_widget.client.net.endpoint import Remote, Target
from tutor_widget.client.net.token_source import TokenSource
from tutor_widget.client.storage.disk import call_on_disk
from tutor_widget.client.storage.language import recall_language
from tutor_widget.client.storage.owners import credentials_owner
from tutor_widget.client.storage.session_memory import SessionMemory, SessionRecord, check_session
from tutor_widget.conversation import Conversation
from tutor_widget.embedded import Embedded
from tutor_widget.errors import Closed, Misuse
from tutor_widget.secret import Secret, sealed
from tutor_widget.session import events as ev
from tutor_widget.wire import Event

from . import ipython
from .chat import Chat
from .commands import Commands
from .identity import identity_of
from .model import KernelModel, bundle
from .outputs import Outputs
from .unseen import unseen

T = TypeVar("T")

_KEYWORDS: Final = ("session", "token", "lang", "save", "layout")


class TutorChat(KernelModel):
    """A chat with a tutor that survives whatever lies between the learner and the tutor.

    ``url``      the tutor server (``wss://``, ``https://``, or ``ws://`` for this machine). None:
                 ``$TUTOR_CHAT_URL``, and if that is not set a tutor that this kernel starts.
    ``session``  which conversation: 1–64 letters, digits, ``-``, ``_``. None: the one remembered
                 for this notebook and server, or a new one.
    ``token``    the server's token: a string, or a function, sync or async, that returns one and is
                 called again when the server refuses it. None: as the environment says.
    ``lang``     language of the interface, as ``"de"``. None: the notebook's, or the browser's.
    ``save``     False keeps the conversation out of the notebook file.

    Raises InvalidURL for a malformed address, Refused for a session or token that cannot be one,
    TypeError for an unknown keyword. It never waits for the network.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        session: str | None = None,
        token: TokenSource | None = None,
        lang: str | None = None,
        save: bool = True,
        **keywords: Any,
    ) -> None:
        # A traceback may show the values of variables.
        url, token = sealed(url), sealed(token)  # type: ignore[assignment]
        _check_keywords(keywords)
        if session is not None:
            check_session(session)
        target = _target(url, token)
        # The loop must not wait for a disk: all that is needed from there is read here.
        bundle("widget.js")
        place = None if session is not None else ipython.name()
        identity = call_on_disk(identity_of, place, ipython.kernel()) if place else None
        notebook = None if identity is None else identity.id
        memory = (
            SessionMemory(target.key, None) if identity is None else identity.memory(target.key)
        )
        known, left, language = call_on_disk(_recall, memory, session)
        owner = call_on_disk(credentials_owner, target.credentials)
        found = call_on_disk(words.chosen, [lang]) if lang else None
        # Complete before the model opens its comm: a page may send a command at once.
        self._chat = Chat(
            self, target, memory, lang or "", owner, lang or language, identity, saves=save
        )
        self._outputs = Outputs(self._held_conversation if save else None)
        self._commands = Commands(self._chat)
        page = self._chat.page
        super().__init__(page.first_connection(), page.first_view(), **keywords)
        if found is not None:
            call_on_loop(lambda: self._chat.set_words(*found))
        call_on_loop(lambda: self._chat.open(known, notebook))
        call_on_loop(lambda: self._chat.subscription.send_left(left))
        page.follow_cells(self._refresh_outputs)

    # --- the public interface -------------------------------------------------------------------

    @property
    def session(self) -> str:
        """The id of the session. It may be enough to read the conversation: keep it secret."""
        return self._chat.subscription.session

    def say(self, text: str, context: dict[str, Any] | None = None) -> str:
        """Queue a message for the tutor, and return its id. Never waits for the network.

        ``context``: ``{"cell": source}``, ``{"error": {"name", "message", "traceback"}}``, or both,
        16 KiB each. Raises QueueFull when 1,000 messages or 8 MiB are queued, Refused for an empty
        or too long message, Closed after `close`.
        """
        id = _message_id()
        self._on_loop(lambda: self._chat.say_now(id, text, context))
        return id

    async def ask(self, text: str, timeout: float | None = None) -> Event:  # noqa: ASYNC109
        """Queue a message, and return the tutor's answer.

        After ``timeout`` seconds it raises TimeoutError; the message stays queued. Raises Refused
        if the server refuses the message, or it is discarded; and what `say` raises.
        """
        answer = self._ask(text)
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(answer)), timeout)
        except TimeoutError:
            raise TimeoutError(_no_answer_yet(timeout)) from None

    def ask_blocking(self, text: str, timeout: float | None = None) -> Event:
        """The same for plain scripts: the calling thread waits."""
        if is_on_loop():
            raise Misuse(code="cannot_wait")
        try:
            return self._ask(text).result(timeout)
        except concurrent.futures.TimeoutError:
            raise TimeoutError(_no_answer_yet(timeout)) from None

    def stop(self) -> None:
        """Stop the reply under way. The text so far stays."""
        self._happened(ev.Stopped())

    def retry(self, id: str) -> None:
        """Send a failed message again, under its id. Raises NotFound."""
        self._happened(ev.Retried(id))

    def discard(self, id: str) -> None:
        """Take back a message that is queued or failed. Raises NotFound.

        One that was transmitted is withdrawn at the server. If the server has committed it by
        then, it stays in the conversation.
        """
        self._happened(ev.Discarded(id))

    def new(self) -> None:
        """Begin a new conversation in place of this one. The server keeps the old one.

        Waits until the new session is on the disk: if the kernel is killed after that, the next
        one shows the new conversation.
        """
        self._on_loop(self._chat.open_new)
        if not is_on_loop():
            call_on_disk(lambda: None)

    def report(self, event_id: str, reason: str | None = None, *, share: bool = False) -> None:
        """Report an answer of the tutor's, by its id in `history`, to the people who run the tutor.

        ``reason``: at most 2,000 characters. ``share``: teachers may read the conversation around
        the answer, too. The report is kept on disk, and sent until the server has it; a second
        report of an answer replaces the first. Raises NotFound for an id of no answer that is held
        here, Refused where the tutor takes no reports. Before the first connection it is kept, and
        dropped with a warning if the tutor takes none.
        """
        self._on_loop(lambda: self._chat.report(_message_id(), event_id, reason, share=share))

    def erase(self) -> None:
        """Delete this conversation: at the server, and all that is left of it on this side.

        The request is kept on disk, and sent until the server has deleted it; meanwhile `say`
        raises Refused. Then `status` is ``"failed"`` with the code ``"erased"``, and `new` begins
        another conversation. Raises Refused where the tutor deletes none; before the first
        connection as `report`.
        """
        self._on_loop(lambda: self._chat.erase(_message_id()))

    def reconnect(self) -> None:
        """Connect now, whatever the status. This also leaves *failed*."""
        self._happened(ev.Nudged(ev.Nudge.BUTTON))

    def disconnect(self) -> None:
        """Close the connection until `reconnect`. Messages are queued meanwhile."""
        self._happened(ev.Left())

    def older(self, n: int = 100) -> int:
        """Load up to ``n`` older events from the server into `history`; returns how many came.

        Waits for them. Raises Unreachable when there is no connection, Misuse on the loop.
        """
        return self._wait_for(self._chat.load_older(n))

    def export(self, path: str | Path) -> Path:
        """Save the whole conversation, as ``.md``, ``.json`` or ``.html`` by the path's suffix.

        Fetches the events that only the server has; `history` stays as it is. Raises Unreachable
        when it cannot, Misuse for another suffix, OSError when the file cannot be written.
        `Conversation.load` reads the JSON.
        """
        Conversation.check(path)
        return self._wait_for(self._chat.whole_conversation()).save(path)

    def close(self) -> None:
        """Close this widget. The last widget on a connection closes the connection."""
        # There is no chat if the constructor raised. In a forked child it is the parent's.
        if hasattr(self, "_chat"):
            if self._is_forked:
                return
            # Python calls this again for each object it drops, at the end with no thread left.
            if self._chat.is_open:
                call_on_loop(self._chat.close)
        super().close()

    def on_event(self, callback: Callable[[Event], object]) -> Callable[[], None]:
        """Call it once for each event that comes from now on, in order; returns a function that
        ends it.

        Called on the event loop that runs where `on_event` is called, which in a notebook is the
        kernel's main one. In a program without an event loop it is called on the chat's thread.
        """
        loop: asyncio.AbstractEventLoop | None = None
        with contextlib.suppress(RuntimeError):
            loop = asyncio.get_running_loop()
        return self._on_loop(lambda: self._chat.callbacks.add(callback, loop))

    # --- from other threads to the loop -------------------------------------------------------

    @property
    def _client(self) -> Client:
        return self._chat.client

    def _ask(self, text: str) -> concurrent.futures.Future[Event]:
        id = _message_id()

        def ask() -> concurrent.futures.Future[Event]:
            self._chat.say_now(id, text, None)
            return self._client.answer(id)

        return self._on_loop(ask)

    def _happened(self, event: ev.Happened) -> None:
        self._on_loop(lambda: self._chat.happened(event))

    def _on_loop(self, function: Callable[[], T]) -> T:
        if self._is_forked:
            raise Closed(code="forked")
        if not self._chat.is_open:
            raise Closed(code="chat_closed")
        return call_on_loop(function)

    def _wait_for(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run it on the loop, and block until it returns."""
        loop = get_loop()
        if self._is_forked or is_on_loop():
            coroutine.close()
            raise Misuse(code="cannot_wait")
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    # --- the widget -----------------------------------------------------------------------------

    def _received(self, content: Any) -> None:
        self._commands.take(content)

    def _repr_mimebundle_(self, **keywords: Any) -> Any:
        mimebundle = super()._repr_mimebundle_(**keywords)
        if not self._is_forked:
            ipython.watch.shows_chat()
            post_to_loop(self._chat.page.display)
            unseen.displayed(self._chat.not_drawn)
            if mimebundle is not None:
                data, metadata = mimebundle
                return self._outputs.with_conversation(data), metadata
        return mimebundle

    def _ipython_display_(self) -> None:
        """Display it under its id, so that the output can be brought up to date."""
        if self._is_forked or self.model_id is None:
            raise NotImplementedError  # IPython asks `_repr_mimebundle_` then
        data, _ = self._repr_mimebundle_()
        self._outputs.display(data, self.model_id)

    def _refresh_outputs(self) -> None:
        if self.model_id is not None and (mimebundle := super()._repr_mimebundle_()) is not None:
            self._outputs.refresh(mimebundle[0], self.model_id)

    def _held_conversation(self) -> Conversation:
        return call_on_loop(self._chat.held_conversation)

    def __repr__(self) -> str:
        return f"TutorChat({self._chat.subscription.target.label}, {self.status})"


def _target(url: str | Secret | None, token: TokenSource | None) -> Target:
    url = _operators_url() if url is None else url
    return Embedded() if url is None else Remote(url, token)


def _operators_url() -> Secret | None:
    # A function of its own: a traceback that shows variables shows `os.environ`, whole.
    return sealed(os.environ.get("TUTOR_CHAT_URL") or None)


def _check_keywords(keywords: dict[str, Any]) -> None:
    for keyword in keywords:
        if keyword not in _KEYWORDS:
            near = difflib.get_close_matches(keyword, ("url", *_KEYWORDS), 1, 0.0)
            raise TypeError(f"TutorChat has no keyword {keyword!r}; did you mean {near[0]!r}?")


def _recall(
    memory: SessionMemory, session: str | None
) -> tuple[SessionRecord, list[str], str | None]:
    """The session to show, those that an earlier process left while messages waited, and the
    language of the user's pages."""
    known = memory.recall() if session is None else SessionRecord(session)
    return known, memory.left(), recall_language()


def _no_answer_yet(timeout: float | None) -> str:
    return words.sentence("no_answer_yet", {"seconds": f"{timeout:g}"})


def _message_id() -> str:
    return secrets.token_hex(8)
