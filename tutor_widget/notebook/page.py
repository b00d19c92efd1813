"""Keeps the model's traits and the pages that show them in step with a session (docs/comm.md).

A `Page` is the only writer of the mirrored traits. It gathers what the client reports, publishes it
as one numbered change, and knows which views exist: a model that no page shows sends nothing, and
whole traits when a page shows it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from tutor_widget import words
from tutor_widget.client.client import Client
from tutor_widget.client.loop import call_on_loop, post_to_loop
from tutor_widget.client.storage.owners import account_owner, session_name
from tutor_widget.client.subscription import Subscription
from tutor_widget.codes import Notice
from tutor_widget.session import Phase
from tutor_widget.session import effects as do

from . import ipython, mirror
from .model import MIRRORED, KernelModel
from .unseen import unseen

_DISPLAYED: Final = "displayed"
"""Stands for the view that a display will bring, until a page reports it."""

MAX_ERASED: Final = 20
"""Erased conversations of one chat that pages are told of, to delete what they keep of them."""

Fault = dict[str, Any]
"""What went wrong with a command, as keys of its acknowledgement (docs/comm.md)."""


class Page:
    """What pages know of one chat. Methods run on the loop, but for `follow_cells`.

    ``language`` is the interface's, "" for the browser's choice. ``owner`` names the credentials
    (`client.storage.owners`). ``saves``: whether notebooks may store the conversation.
    """

    def __init__(
        self,
        model: KernelModel,
        subscription: Subscription,
        language: str,
        owner: str,
        saves: bool,
    ) -> None:
        self._model = model
        self._subscription = subscription
        self._server = subscription.target.label
        self._language = language
        self._saves = saves
        self._mirror = mirror.Mirror()
        self._number = 0  # of the last change
        self._stored = 0  # the number of the last change that a program could store
        self._key = ""
        self._erased: list[str] = []  # the keys of conversations that were erased
        self._owner = owner
        self._resume: dict[str, int] | None = None
        self._views: set[str] | None = None  # None: not displayed yet
        self._acks: list[dict[str, Any]] = []
        self._unsaved: dict[str, Client] = {}  # what waits for the journal of this client
        self._flush_timer: asyncio.TimerHandle | None = None
        self._unfollow: Callable[[], None] | None = None
        self._is_closed = False
        self._view = self.first_view()

    # --- values before there is a session -------------------------------------------------------

    def first_connection(self) -> dict[str, Any]:
        """The trait ``connection`` of a model that has no client yet."""
        return mirror.first_connection(self._server, time.monotonic())

    def first_view(self) -> dict[str, Any]:
        """The trait ``_view`` of a model that has no client yet."""
        return {
            "key": "",
            "owners": [self._owner],
            "older": False,
            "resume": None,
            **_warning(None),
            "lang": self._language,
            "error": "",
            "cell": False,
            "erased": [],
            "model": "",
            "save": self._saves,
            **mirror.no_requests(),
        }

    # --- the session ----------------------------------------------------------------------------

    def show_session(self, resume: dict[str, int] | None = None) -> None:
        """Publish the subscription's session, whole. ``resume`` offers to go on with it."""
        self._resume = resume
        self._key = self._key_of(self._subscription.session)
        self._mirror.start_over()
        self.flush()

    def _key_of(self, session: str) -> str:
        return session_name(self._subscription.target.key, session)

    def note_erased(self, session: str) -> None:
        """The session was erased: the one that is shown, or one that another has replaced."""
        self._add_erased(self._key_of(session))
        self._flush_in(0)

    def _add_erased(self, key: str) -> None:
        if key not in self._erased:
            self._erased = [*self._erased, key][-MAX_ERASED:]

    def continue_session(self) -> None:
        """The learner goes on with the session: withdraw the offer."""
        self._resume = None
        self._flush_in(0)

    def take(self, changes: Iterable[do.Change]) -> None:
        """Take what the client reports, and publish it when it is due."""
        session = self._subscription.client.session
        wait = self._mirror.gather(changes, session, time.monotonic())
        self._acknowledge_saved()
        if wait == 0.0:
            self.flush()
        elif wait is not None:
            self._flush_in(wait)

    def set_words(self, catalogue: dict[str, Any] | None) -> None:
        """Publish the words of a language; None: those in the bundle, which are English."""
        self._model.set_trait("_words", catalogue)

    def close(self) -> None:
        """Publish nothing more, but for the status of a closed chat, to observers in the kernel."""
        self._is_closed = True
        self._views = set()
        if self._unfollow is not None:
            self._unfollow()
        if self._flush_timer is not None:
            self._flush_timer.cancel()
        end = {"status": "closed", "retry_at": None, "now": round(time.time() * 1000)}
        with self._model.hold_trait_notifications():
            self._model.set_trait("connection", self._model.connection | end)
            self._model.set_trait("status", "closed")

    # --- views ----------------------------------------------------------------------------------

    def display(self) -> None:
        """The model was displayed: assume a view until a page reports one.

        A chat that is not to be stored waits for that page: a program may be listening.
        """
        if self._views is None and self._saves:
            self._views = {_DISPLAYED}
            self._publish_whole()

    def report_view(self, view: str, is_shown: bool, number: int) -> None:
        """A view appeared or left; its page holds the traits up to the change of this number."""
        ipython.watch.has_page = True
        if is_shown:
            unseen.seen()
        is_current = number == self._number
        views = self._views or set()
        views.discard(_DISPLAYED)
        (views.add if is_shown else views.discard)(view)
        self._views = views
        if is_shown and not is_current:
            self._publish_whole()

    def follow_cells(self, refresh: Callable[[], object]) -> None:
        """Tell pages from now on what there is to share. Call it on the thread that runs cells.

        ``refresh`` brings the outputs up to date. It is called on that thread at each cell's end,
        as long as no page was heard of.
        """

        def ended() -> None:
            # At the end of the process the loop is closed, which raises RuntimeError.
            with contextlib.suppress(RuntimeError):
                if ipython.watch.has_page:
                    post_to_loop(self._offer)
                elif self._saves:
                    self._store()
                    refresh()

        self._unfollow = ipython.watch.follow(ended)
        ipython.watch.shows_chat()

    def _store(self) -> None:
        """Send whole traits as messages of the cell that ends.

        A program that executes a notebook (papermill, nbclient) stores only what has the cell as
        its parent. ipykernel finds the parent in the context of the thread that runs cells, which
        `call_on_loop` takes along.
        """

        def send() -> None:
            self.flush()
            if self._stored != self._number and not self._is_closed:
                self._stored = self._number
                self._model.send_state(sorted({*MIRRORED, "_words"}))

        call_on_loop(send)

    def _offer(self) -> None:
        # A page that shows the chat later learns of it then, from whole traits.
        if self._views:
            self._flush_in(0)

    @property
    def key(self) -> str:
        """The name of the conversation in a browser's storage."""
        return self._key

    def owners(self) -> list[str]:
        """The owners whose stored drafts and commands this chat may take. The browser stores new
        ones under the last.

        Before the first welcome that is the credentials' name. What was typed then belongs to the
        first account that is welcomed, as the kernel's own queue does.
        """
        account = self._subscription.client.account
        if account is None:
            return [self._owner]
        return [self._owner, account_owner(self._subscription.target.key, account)]

    # --- acknowledgements -----------------------------------------------------------------------

    def acknowledge(self, id: str, fault: Fault | None = None) -> None:
        """Acknowledge a command, with the next change. ``fault`` says why it was refused."""
        self._unsaved.pop(id, None)
        self._acks.append({"id": id} | (fault or {}))
        self._flush_in(mirror.SOON)

    def acknowledge_when_saved(self, id: str) -> None:
        """Acknowledge the message or the request of this id once the journal holds it."""
        self._unsaved.setdefault(id, self._subscription.client)

    def is_saving(self, id: str) -> bool:
        """Whether the journal does not hold the message or the request of this id yet.

        It may be of a conversation that another has replaced meanwhile.
        """
        session = self._unsaved.get(id, self._subscription.client).current.session
        message = session.outgoing.messages.get(id)
        is_message = message is not None and message.status == "saving"
        return is_message or session.requests.is_saving(id)

    def answer(self, id: str, answer: Any) -> None:
        """Acknowledge a question with its answer, at once."""
        self._model.send({"acks": [{"id": id, "answer": answer}]})

    def _acknowledge_saved(self) -> None:
        for id in list(self._unsaved):
            if not self.is_saving(id):
                self.acknowledge(id)

    # --- publishing -----------------------------------------------------------------------------

    def flush(self) -> None:
        """Bring the traits up to date and send the change; then observers are called.

        An observer may change more: that is the next change.
        """
        if not self._is_closed:
            with self._model.hold_trait_notifications():
                self._publish()

    def _flush_in(self, seconds: float) -> None:
        if self._is_closed:
            return
        loop = asyncio.get_running_loop()
        timer = self._flush_timer
        if timer is not None:
            if timer.when() <= loop.time() + seconds:
                return
            timer.cancel()
        self._flush_timer = loop.call_later(seconds, self.flush)

    def _publish_whole(self) -> None:
        self._mirror.start_over()
        self._flush_in(0)

    def _publish(self) -> None:
        if self._flush_timer is not None:
            self._flush_timer.cancel()
            self._flush_timer = None
        session, now = self._subscription.client.session, time.monotonic()
        if session.is_erased:  # perhaps before this chat came to it
            self._add_erased(self._key)
        elif session.phase is Phase.LIVE and self._key in self._erased:
            self._erased = [key for key in self._erased if key != self._key]  # it began anew
        is_whole = self._mirror.is_whole
        change = self._mirror.take_change(session, now)
        connection = mirror.connection(session, self._server, now)
        if not mirror.is_same_connection(connection, self._model.connection):
            change["connection"] = connection
        view = self._view_now()
        if differing := {k: v for k, v in view.items() if self._view.get(k) != v}:
            change["view"] = differing
        acks, self._acks = self._acks, []
        if change or is_whole:
            self._set_traits(change, connection, view)
        message: dict[str, Any] = {"acks": acks} if acks else {}
        if self._views and is_whole:
            self._model.send_state(sorted(MIRRORED))
        elif self._views and change:
            message |= {"n": self._number, **change}
        if message:
            self._model.send(message)

    def _set_traits(
        self, change: dict[str, Any], connection: dict[str, Any], view: dict[str, Any]
    ) -> None:
        session, model = self._subscription.client.session, self._model
        model.set_trait("history", self._mirror.history)
        model.set_trait("queue", mirror.queue(session))
        model.set_trait("session_state", session.transcript.state)
        if "connection" in change:
            model.set_trait("connection", connection)
            model.set_trait("status", connection["status"])
        self._view = view
        model.set_trait("_view", view)
        self._number += 1
        model.set_trait("_n", self._number)

    def _view_now(self) -> dict[str, Any]:
        client, ran = self._subscription.client, ipython.watch.ran
        return {
            "key": self._key,
            "owners": self.owners(),
            "older": client.session.transcript.more,
            "resume": self._resume,
            **_warning(client.warning),
            "lang": self._language,
            # Whether there is something to share. Its content leaves the kernel only on request.
            "error": ran.error["name"] if ran.error else "",
            "cell": bool(ran.cell),
            "erased": self._erased,
            "model": self._model.model_id or "",
            "save": self._saves,
            **mirror.requests(client.session),
        }


def _warning(notice: Notice | None) -> dict[str, Any]:
    """What `_view` says of the journal."""
    code, args = notice or ("", {})
    return {"warning": words.sentence(code, args), "warning_code": code, "warning_args": args}
