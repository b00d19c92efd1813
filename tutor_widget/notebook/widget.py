"""`TutorChat`: a conversation with a tutor as a Jupyter widget.

Its synced traits are written on one thread only, the loop of `client.loop`, and by the
kernel only: what a browser sends as trait updates is not taken. What changes travels as numbered
messages, and commands come back as messages that are acknowledged (docs/comm.md).
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import difflib
import errno
import functools
import os
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

import anywidget
import traitlets

from tutor_widget import words
from tutor_widget.client import loop as background
from tutor_widget.client import memory as identity
from tutor_widget.client import older
from tutor_widget.client.client import Client, open_client, ordinal, send_left
from tutor_widget.client.endpoint import Remote, TokenSource
from tutor_widget.codes import Notice
from tutor_widget.conversation import Conversation, Unsent
from tutor_widget.embedded import Embedded
from tutor_widget.errors import Closed, Misuse, NotFound, TutorError
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev
from tutor_widget.version import NAME
from tutor_widget.wire import Event, is_id, is_learner_id

from . import ipython as notebook
from . import mirror
from .questions import ANSWERS, Downloads

T = TypeVar("T")

STALE_AFTER: Final = 86_400.0
"""Seconds after which a remembered conversation is offered rather than just continued."""
_KEYWORDS: Final = ("session", "token", "lang", "layout")
_COMMANDS_REMEMBERED: Final = 512
_STATIC: Final = Path(__file__).parents[1] / "static"


@functools.cache
def _bundle(name: str) -> str:
    try:
        return (_STATIC / name).read_text("utf-8")
    except OSError as error:
        raise ImportError(
            f"tutor_widget was installed without its front end ({name} is missing). "
            "In a checkout, run: python3 dev.py watch"
        ) from error


class TutorChat(anywidget.AnyWidget):
    """A chat with a tutor that survives whatever lies between the learner and the tutor.

    ``url``      the tutor server (``wss://``, ``https://``, or ``ws://`` for this machine). None:
                 ``$TUTOR_CHAT_URL``, and if that is not set a tutor that this kernel starts.
    ``session``  which conversation: 1–64 letters, digits, ``-``, ``_``. None: the one remembered
                 for this notebook and server, or a new one.
    ``token``    what the server wants to see: a string, or a function, sync or async, that returns
                 one and is asked again when it is refused. None: as the environment says.
    ``lang``     language of the interface, as ``"de"``. None: the notebook's, or the browser's.

    Raises InvalidURL for what is no address, Refused for a session or token that cannot be one,
    TypeError for a keyword that does not exist. It never waits for the network.
    """

    # Read when the first chat is made, so that importing works without the bundle. The style is
    # inside: it goes into each view's shadow root, where a style sheet of the page does not reach.
    _esm = property(lambda self: _bundle("widget.js"))

    _n = traitlets.Int(0, read_only=True).tag(sync=True)
    status = traitlets.Unicode("connecting", read_only=True).tag(sync=True)
    connection = traitlets.Dict(read_only=True).tag(sync=True)
    queue: traitlets.List[dict[str, Any]] = traitlets.List(read_only=True).tag(sync=True)
    history: traitlets.List[dict[str, Any]] = traitlets.List(read_only=True).tag(sync=True)
    session_state = traitlets.Dict(read_only=True).tag(sync=True)
    _view = traitlets.Dict(read_only=True).tag(sync=True)
    _words = traitlets.Dict(default_value=None, allow_none=True, read_only=True).tag(sync=True)

    @traitlets.default("connection")
    def _no_connection_yet(self) -> dict[str, Any]:
        return mirror.no_connection_yet(self._target.label)

    @traitlets.default("_view")
    def _no_view_yet(self) -> dict[str, Any]:
        return {
            "key": "",
            "older": False,
            "resume": None,
            **_warning(None),
            "lang": self._lang,
            "error": "",
            "cell": False,
        }

    _MIRRORED: ClassVar = frozenset(
        {"_n", "status", "connection", "queue", "history", "session_state", "_view"}
    )

    def __init__(
        self,
        url: str | None = None,
        *,
        session: str | None = None,
        token: TokenSource | None = None,
        lang: str | None = None,
        **keywords: Any,
    ) -> None:
        self._owner = os.getpid()
        self._opened: Client
        _check_keywords(keywords)
        self._made_layout = "layout" not in keywords
        if session is not None:
            identity.check_session(session)
        url = url if url is not None else os.environ.get("TUTOR_CHAT_URL") or None
        self._target = Embedded() if url is None else Remote(url, token)
        # What the chats' thread needs from the disk is read here, on a thread that may wait for it.
        _bundle("widget.js")
        self._memory = identity.SessionMemory(
            self._target.key, None if session is not None else notebook.name()
        )
        known, left = background.call_on_disk(_recall, self._memory, session)
        self._lang = lang or ""
        self._language = words.ENGLISH
        self._downloads = Downloads()
        self._resume = _resume(known.used_at)
        self._mirror = mirror.Mirror()
        self._flush_timer: asyncio.TimerHandle | None = None
        self._views: set[str] | None = None  # None: not displayed yet
        self._handled: OrderedDict[str, Fault | None] = OrderedDict()  # by the command's id
        self._unsaved: set[str] = set()  # messages whose command waits for the journal
        self._acks: list[dict[str, Any]] = []
        self._callbacks: list[Callable[[Event], object]] = []
        self._answering: dict[str, asyncio.Task[None]] = {}  # by the question's id
        self._closed = False
        self._news_after: tuple[str | None, int] = (None, 0)
        super().__init__(**keywords)
        if lang:
            self._speak(*background.call_on_disk(words.chosen, [lang]))
        self._route_replies()
        background.call(lambda: self._attach(known.session))
        background.call(lambda: self._finish(left))
        self._stop_following = notebook.watch.follow(self._cell_ran)
        notebook.watch.shows_chat()

    # --- the public interface -------------------------------------------------------------------

    @property
    def session(self) -> str:
        """The id of the conversation. Whoever has it may be able to read the conversation."""
        return self._client.session.session

    def say(self, text: str, context: dict[str, Any] | None = None) -> str:
        """Queue a message for the tutor; its id. Never waits for the network.

        ``context``: ``{"cell": source}``, ``{"error": {"name", "message", "traceback"}}``, or both,
        16 KiB each. Raises QueueFull when 1,000 messages or 8 MiB wait, Refused for an empty or
        too long one, Closed after `close`.
        """
        id = _message_id()
        self._on_loop(lambda: self._say(id, text, context))
        return id

    async def ask(self, text: str, timeout: float | None = None) -> Event:  # noqa: ASYNC109
        """The tutor's answer. After ``timeout`` s TimeoutError; the message stays queued.

        Raises Refused if the tutor does not take the message, or it is taken back.
        """
        answer = self._ask(text)
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(answer)), timeout)
        except TimeoutError:
            raise TimeoutError(_no_answer_yet(timeout)) from None

    def ask_blocking(self, text: str, timeout: float | None = None) -> Event:
        """The same for plain scripts; the calling thread waits."""
        if background.is_current(background.loop()):
            raise Misuse("ask_blocking cannot wait on the chat's own thread: use `await ask(…)`.")
        try:
            return self._ask(text).result(timeout)
        except concurrent.futures.TimeoutError:
            raise TimeoutError(_no_answer_yet(timeout)) from None

    def stop(self) -> None:
        """Stop the reply under way; what was said of it stays."""
        self._happened(ev.Stopped())

    def retry(self, id: str) -> None:
        """Send a failed message again, under its id. Raises NotFound."""
        self._happened(ev.Retried(id))

    def discard(self, id: str) -> None:
        """Take back a message that is queued or failed. Raises NotFound.

        One that was transmitted may be with the server already: then the server is asked, and if it
        was too late the message arrives after all.
        """
        self._happened(ev.Discarded(id))

    def new(self) -> None:
        """A new conversation in place of this one; the old one stays with the server.

        Waits until the disk has it, so that a kernel killed now begins with the new one.
        """
        self._on_loop(self._new)
        if not background.is_current(background.loop()):
            background.call_on_disk(lambda: None)

    def reconnect(self) -> None:
        """Try now, whatever the status."""
        self._happened(ev.Nudged(ev.Nudge.BUTTON))

    def disconnect(self) -> None:
        """Stay away until `reconnect`. Messages are queued meanwhile."""
        self._happened(ev.Left())

    def older(self, n: int = 100) -> int:
        """Bring up to ``n`` older events from the server into `history`; how many there were.

        Waits for them. Raises Unreachable when there is no connection.
        """
        return self._wait_for(self._older(n))

    def export(self, path: str | Path) -> Path:
        """Save the whole conversation, as ``.md``, ``.json`` or ``.html`` by the path's suffix.

        Waits for what the server has of it and this chat does not hold yet. Raises Unreachable if
        that cannot be had, Misuse for another suffix. `Conversation.load` reads the JSON back.
        """
        Conversation.check(path)
        return self._wait_for(self._conversation()).save(path)

    def close(self) -> None:
        """End this widget, and with the last one on it the connection."""
        # Not there if the constructor raised; in a forked child it is not ours to end.
        if hasattr(self, "_opened"):
            if self._owner != os.getpid():
                return
            # Python calls this again for each object it drops, at the end with no thread left.
            if not self._closed:
                background.call(self._detach)
            if self._made_layout:
                self.layout.close()  # ipywidgets would keep it for as long as the kernel lives
        super().close()

    def on_event(self, callback: Callable[[Event], object]) -> Callable[[], None]:
        """Call it, on the kernel's main thread, once for each event that comes from now on.

        In a program without an event loop it is called on the chat's thread. Returns its undo.
        """
        loop: asyncio.AbstractEventLoop | None = None
        with contextlib.suppress(RuntimeError):
            loop = asyncio.get_running_loop()

        def call(event: Event) -> None:
            if deliver in self._callbacks:  # not undone since it was sent here
                callback(event)

        def deliver(event: Event) -> None:
            if loop is None:
                call(event)
            elif loop.is_closed():
                undo()
            else:
                loop.call_soon_threadsafe(call, event)

        def undo() -> None:
            with contextlib.suppress(ValueError):
                self._callbacks.remove(deliver)

        self._on_loop(lambda: self._callbacks.append(deliver))
        return undo

    # --- on the loop: the client's side ---------------------------------------------------------

    @property
    def _client(self) -> Client:
        """The chat's client, which may have handed over to another."""
        self._opened = self._opened.current
        return self._opened

    def _attach(self, session: str) -> None:
        self._opened = open_client(self._target, session, self._changed, NAME)
        self._client.on_erased.append(self._forget)
        background.post_to_disk(self._memory.remember, session)
        # The page keeps drafts under it, which other accounts must not see.
        place = ordinal(self._target, session)
        others = [str(place)] if place else []
        self._key = identity.digest("browser", self._target.key, session, identity.user(), *others)
        transcript = self._client.session.transcript
        self._news_after = (transcript.epoch, transcript.last)
        self._mirror.start_over()
        self._flush()

    def _finish(self, left: list[str]) -> None:
        """Send what an earlier kernel could not before it died, in conversations that were left."""
        for session in left:
            send_left(self._target, session, self._settling(session), NAME)

    def _settling(self, session: str) -> Callable[[], None]:
        return functools.partial(background.post_to_disk, self._memory.settle, session)

    def _forget(self, session: str) -> None:
        background.post_to_disk(self._memory.forget, session)

    def _leave(self) -> None:
        self._client.release(self._changed)
        with contextlib.suppress(ValueError):
            self._client.on_erased.remove(self._forget)

    def _detach(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._stop_following()
        self._leave()
        self._downloads.clear()
        if self._flush_timer is not None:
            self._flush_timer.cancel()
        self._views = set()
        over = {"status": "closed", "retry_at": None, "now": round(time.time() * 1000)}
        with self.hold_trait_notifications():
            self.set_trait("connection", self.connection | over)
            self.set_trait("status", "closed")

    def _new(self) -> None:
        # What waits in the conversation that is left still goes out, though nobody may ever open it
        # again: by the next kernel, if this one dies. It is on the disk before the new one is.
        left = self.session
        background.post_to_disk(self._memory.leave, left)
        self._client.send_what_waits(self._settling(left))
        self._leave()
        self._downloads.clear()
        self._resume = None
        self._attach(identity.new_id())

    def _say(self, id: str, text: str, context: dict[str, Any] | None) -> None:
        if not isinstance(text, str):
            raise TypeError(f"a message is a string, not {type(text).__name__}")
        self._client.say(id, text, context)
        background.post_to_disk(self._memory.remember, self.session)

    def _ask(self, text: str) -> concurrent.futures.Future[Event]:
        id = _message_id()

        def ask() -> concurrent.futures.Future[Event]:
            self._say(id, text, None)
            return self._client.answer(id)

        answer: concurrent.futures.Future[Event] = self._on_loop(ask)
        return answer

    def _happened(self, event: ev.Happened) -> None:
        self._on_loop(lambda: self._client.happened(event))

    def _on_loop(self, function: Callable[[], Any]) -> Any:
        if self._owner != os.getpid():
            raise Closed("A chat does not survive a fork: make one in this process.")
        if self._closed:
            raise Closed(code="chat_closed")
        return background.call(function)

    async def _older(self, n: int | None) -> int:
        came = await older.fetch(self._client, n)
        self._flush()  # whoever waited finds them in the history
        return came

    async def _conversation(self) -> Conversation:
        """All of it, the server's earlier pages first."""
        await self._older(None)
        return self._held()

    def _held(self) -> Conversation:
        session = self._client.session
        messages = session.outgoing.messages.values()
        return Conversation(
            events=tuple(session.transcript.events),
            unsent=tuple(Unsent(m.id, m.text, m.at) for m in messages),
            title=str(session.transcript.state.get("title") or ""),
            server=self._target.label,
            saved_at=round(time.time() * 1000),
            state=session.transcript.state,
            language=self._language,
            earlier=session.transcript.more,
        )

    def _wait_for(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What it returns, once it has run on the chats' thread."""
        loop = background.loop()
        if self._owner != os.getpid() or background.is_current(loop):
            coroutine.close()
            raise Misuse("This waits, which the chat's own thread and a forked process cannot.")
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    def _changed(self, changes: list[do.Change]) -> None:
        session = self._client.session
        self._deliver(changes)
        wait = self._mirror.gather(changes, session, time.monotonic())
        self._acknowledge_saved()
        if wait == 0.0:
            self._flush()
        elif wait is not None:
            self._flush_in(wait)

    def _deliver(self, changes: list[do.Change]) -> None:
        transcript = self._client.session.transcript
        for change in changes:
            match change:
                case do.HistoryReplaced(last) if transcript.epoch != self._news_after[0]:
                    self._news_after = (transcript.epoch, last)  # what was there is no news
                case do.Committed(event) if event.seq > self._news_after[1]:
                    self._news_after = (transcript.epoch, event.seq)
                    for deliver in list(self._callbacks):
                        try:
                            deliver(event)
                        except BaseException as error:  # noqa: BLE001 - it is not ours
                            background.report("A callback of on_event raised", error)
                case _:
                    pass

    # --- on the loop: the browser's side --------------------------------------------------------

    @property
    def _is_shown(self) -> bool:
        return bool(self._views)

    def _flush_in(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        timer = self._flush_timer
        if timer is not None:
            if timer.when() <= loop.time() + seconds:
                return
            timer.cancel()
        self._flush_timer = loop.call_later(seconds, self._flush)

    def _flush(self) -> None:
        """Bring the traits up to date and tell the browser; then observers hear of it, who may ask
        for more."""
        with self.hold_trait_notifications():
            self._bring_up_to_date()

    def _bring_up_to_date(self) -> None:
        if self._flush_timer is not None:
            self._flush_timer.cancel()
            self._flush_timer = None
        session, now = self._client.session, time.monotonic()
        was_whole = self._mirror.is_whole
        change = self._mirror.tell(session, now)
        connection = mirror.connection(session, self._target.label, now)
        if not _same_but_now(connection, self.connection):
            change["connection"] = connection
        view = self._view_now()
        if differing := {k: v for k, v in view.items() if self._view.get(k) != v}:
            change["view"] = differing
        acks, self._acks = self._acks, []
        if change or was_whole:
            self._set_traits(change, connection, view)
        said: dict[str, Any] = {"acks": acks} if acks else {}
        if self._is_shown and was_whole:
            self.send_state(sorted(self._MIRRORED))
        elif self._is_shown and change:
            said |= {"n": self._n, **change}
        if said:
            self.send(said)

    def _set_traits(
        self, change: dict[str, Any], connection: dict[str, Any], view: dict[str, Any]
    ) -> None:
        session = self._client.session
        self.set_trait("history", self._mirror.history)
        self.set_trait("queue", mirror.queue(session))
        self.set_trait("session_state", session.transcript.state)
        if "connection" in change:
            self.set_trait("connection", connection)
            self.set_trait("status", connection["status"])
        self.set_trait("_view", view)
        self.set_trait("_n", self._n + 1)

    def _cell_ran(self) -> None:
        # On the thread that runs cells: only post.
        with contextlib.suppress(RuntimeError):
            background.post(self._offer)

    def _offer(self) -> None:
        """What the learner could share may be another; whoever is shown later is told then."""
        if self._is_shown and not self._closed:
            self._flush_in(0)

    def _view_now(self) -> dict[str, Any]:
        ran = notebook.watch.ran
        return {
            "key": self._key,
            "older": self._client.session.transcript.more,
            "resume": self._resume,
            **_warning(self._client.warning),
            "lang": self._lang,
            # That there is something to share, and no word of it.
            "error": ran.error["name"] if ran.error else "",
            "cell": bool(ran.cell),
        }

    def _command(self, content: Any) -> None:
        """Take a command of the browser, once; acknowledge it each time."""
        if self._closed or not isinstance(content, dict):
            return
        op, id = content.get("op"), content.get("id")
        if not isinstance(op, str) or not isinstance(id, str):
            return
        if op in ANSWERS:
            self._answer(op, id, content)
            return
        # Ids make it harmless to obey again; who was refused may come back when there is room.
        if self._handled.get(id, _NEW):
            self._handled[id] = self._obey(op, id, content)
            while len(self._handled) > _COMMANDS_REMEMBERED:
                self._handled.popitem(last=False)
        message = self._client.session.outgoing.messages.get(id)
        if message is not None and message.status == "saving":
            self._unsaved.add(id)  # it counts as arrived once it is in the journal
            return
        self._acknowledge(id, self._handled[id])

    def _answer(self, op: str, id: str, content: dict[str, Any]) -> None:
        """Answer a question of the page's each time that it is asked, but not twice at once."""
        if id in self._answering:
            return

        async def answer() -> None:
            try:
                answer = await ANSWERS[op](self, content)
            except TutorError as error:
                self._acknowledge(id, _fault(error))
            except (KeyError, TypeError, ValueError):
                self._acknowledge(id, _NOT_UNDERSTOOD)
            else:
                self.send({"acks": [{"id": id, "answer": answer}]})

        task = asyncio.get_running_loop().create_task(answer())
        self._answering[id] = task
        task.add_done_callback(lambda _: self._answering.pop(id))

    def _acknowledge(self, id: str, fault: Fault | None) -> None:
        self._acks.append({"id": id} | (fault or {}))
        self._flush_in(mirror.SOON)

    def _acknowledge_saved(self) -> None:
        messages = self._client.session.outgoing.messages
        for id in list(self._unsaved):
            if id not in messages or messages[id].status != "saving":
                self._unsaved.discard(id)
                self._acknowledge(id, None)

    def _obey(self, op: str, id: str, content: dict[str, Any]) -> Fault | None:
        """Do it; what went wrong, for the learner."""
        command = _COMMANDS.get(op)
        if command is None:
            return _OTHER_VERSION
        try:
            command(self, id, content)
        except TutorError as error:
            return _fault(error)
        except (KeyError, TypeError, ValueError):
            return _NOT_UNDERSTOOD
        return None

    def _op_say(self, id: str, content: dict[str, Any]) -> None:
        context = content.get("context")
        if context is not None and not isinstance(context, dict):
            raise TypeError
        if not is_learner_id(id):
            raise ValueError(id)
        if (asked := content.get("again")) is not None:  # with what went along the first time
            context = self._client.session.outgoing.contexts.get(asked)
        self._say(id, content["text"], context)

    def _op_stop(self, id: str, content: dict[str, Any]) -> None:
        if not is_id(re := content["re"]):
            raise ValueError(re)
        self._client.happened(ev.Stopped(re))

    def _op_discard(self, id: str, content: dict[str, Any]) -> None:
        with contextlib.suppress(NotFound):  # it was sent meanwhile, or taken back before
            self._client.happened(ev.Discarded(content["message"]))

    def _op_view(self, id: str, content: dict[str, Any]) -> None:
        is_current = content["n"] == self._n
        views = self._views or set()
        views.discard(_DISPLAYED)
        (views.add if content["shown"] else views.discard)(str(content["view"]))
        self._views = views
        if content["shown"] and not is_current:
            self._tell_whole()

    def _tell_whole(self) -> None:
        self._mirror.start_over()
        self._flush_in(0)

    def _op_continue(self, id: str, content: dict[str, Any]) -> None:
        self._resume = None
        self._flush_in(0)

    def _speak(self, language: str, found: dict[str, Any] | None) -> None:
        """Give the page the words of this language."""
        self._language = language
        self.set_trait("_words", found)

    # --- ipywidgets -----------------------------------------------------------------------------

    def notify_change(self, change: Any) -> None:
        """Tell observers, whose faults are theirs; the browser is told by `_flush`, all at once."""
        if change["name"] in self._MIRRORED:
            try:
                traitlets.HasTraits.notify_change(self, change)
            except BaseException as error:  # noqa: BLE001 - it is not ours, nor is its thread
                background.report(f"An observer of {change['name']!r} raised", error)
        else:
            super().notify_change(change)

    def _send(self, msg: Any, buffers: Any = None) -> None:
        """The one way to the page."""
        later = notebook.sender()
        if later is None:
            self._send_now(msg, buffers)
        else:
            later(self._send_now, msg, buffers)

    def _send_now(self, msg: Any, buffers: Any) -> None:
        try:
            super()._send(msg, buffers)
        except Exception as error:
            # A kernel that ends closes its sockets first: then there is nobody to tell any more.
            if getattr(error, "errno", None) != errno.ENOTSOCK:
                raise

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take nothing and echo nothing: no trait of a chat is the browser's to write."""

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """All of one moment, whoever asks: `history`, and the last change that it includes."""
        _ = self.layout  # a widget too: it comes to be, and says so, on the thread that first asks
        get = functools.partial(super().get_state, key, drop_defaults)
        state: dict[str, Any] = get() if self._owner != os.getpid() else background.call(get)
        return state

    def _handle_custom_msg(self, content: Any, buffers: Any) -> None:
        # On whatever thread the kernel handles messages: only post.
        with contextlib.suppress(RuntimeError):
            background.post(self._command, content)

    def _repr_mimebundle_(self, **keywords: Any) -> Any:
        bundle = super()._repr_mimebundle_(**keywords)
        if self._owner == os.getpid():
            notebook.watch.shows_chat()
            background.post(self._displayed)
            held = background.call(self._held)
            # For terminals, and pages made of the notebook without its widgets; where those live,
            # they win.
            if held.events and bundle is not None:
                bundle[0]["text/html"] = held.excerpt()
                bundle[0]["text/plain"] = f"{self!r}\n{held.plain()}"
        return bundle

    def _displayed(self) -> None:
        """Until a view says more, take it that a page shows what was displayed."""
        if self._views is None:
            self._views = {_DISPLAYED}
            self._tell_whole()

    def __repr__(self) -> str:
        return f"TutorChat({self._target.label}, {self.status})"

    def _route_replies(self) -> None:
        """Have commands handled while a cell runs.

        ipykernel 7.4 sends a comm's messages to the shell that last published on it, which here is
        the main one, busy with the cell.
        """
        comm = self.comm
        if hasattr(comm, "_reply_subshell_for"):
            comm._reply_subshell_for = lambda data, default: default


_NEW: Final = "new"
_DISPLAYED: Final = "displayed"
"""Stands for the view that a display will bring."""

Fault = dict[str, Any]
"""What went wrong with a command, as keys of its acknowledgement (docs/comm.md)."""


def _fault(error: TutorError) -> Fault:
    coded = {"code": error.code, "args": error.params} if error.code else {}
    return {"error": str(error), **coded}


_NOT_UNDERSTOOD: Final = _fault(TutorError(code="page_not_understood"))
_OTHER_VERSION: Final = _fault(TutorError(code="other_version"))


def _warning(notice: Notice | None) -> dict[str, Any]:
    """What `_view` says of the journal."""
    code, args = notice or ("", {})
    return {"warning": words.sentence(code, args), "warning_code": code, "warning_args": args}


_COMMANDS: Final[dict[str, Callable[[TutorChat, str, dict[str, Any]], None]]] = {
    "say": TutorChat._op_say,
    "discard": TutorChat._op_discard,
    "view": TutorChat._op_view,
    "continue": TutorChat._op_continue,
    "new": lambda chat, id, content: chat._new(),
    "stop": TutorChat._op_stop,
    "retry": lambda chat, id, content: chat._client.happened(ev.Retried(content["message"])),
    "reconnect": lambda chat, id, content: chat._client.happened(ev.Nudged(ev.Nudge.BUTTON)),
    "nudge": lambda chat, id, content: chat._client.happened(ev.Nudged(ev.Nudge.BROWSER)),
}


def _check_keywords(keywords: dict[str, Any]) -> None:
    for keyword in keywords:
        if keyword not in _KEYWORDS:
            near = difflib.get_close_matches(keyword, ("url", *_KEYWORDS), 1, 0.0)
            raise TypeError(f"TutorChat has no keyword {keyword!r}; did you mean {near[0]!r}?")


def _recall(
    memory: identity.SessionMemory, session: str | None
) -> tuple[identity.Identity, list[str]]:
    """Which session it is, unless the program named one, and those that were left."""
    known = memory.recall() if session is None else identity.Identity(session)
    return known, memory.left()


def _resume(used_at: float | None) -> dict[str, int] | None:
    if used_at is None or time.time() - used_at < STALE_AFTER:
        return None
    return {"at": round(used_at * 1000)}


def _same_but_now(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two connections say the same; ``since`` and ``retry_at`` may differ by rounding."""
    return one.keys() == other.keys() and all(
        abs(value - other[name]) <= 2
        if name in ("since", "retry_at") and value and other[name]
        else value == other[name]
        for name, value in one.items()
        if name != "now"
    )


def _no_answer_yet(timeout: float | None) -> str:
    return f"No answer within {timeout:g} s. The message stays queued; the answer will be shown."


def _message_id() -> str:
    return secrets.token_hex(8)
