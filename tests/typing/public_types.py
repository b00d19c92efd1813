"""The public types, as a program sees them: mypy reads this file, nobody runs it.

What stands here is a promise. `assert_type` fails when a type changes; a `type: ignore` that is no
longer needed fails as well, so a wrong call stays a wrong call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, assert_type

from tutor_widget import (
    Closed,
    Conversation,
    Event,
    InvalidURL,
    Misuse,
    NotFound,
    ProtocolError,
    QueueFull,
    Refused,
    TutorChat,
    TutorError,
    Unreachable,
    __version__,
)
from tutor_widget.server import (
    Authenticator,
    Greeter,
    Server,
    Settings,
    SQLiteStore,
    Store,
    TokenAuthenticator,
    Turn,
    Tutor,
    open_store,
)


def construction() -> None:
    """A chat takes a URL or nothing, and keywords; a token is a string or a function."""

    async def ask() -> str | None:
        return None

    assert_type(TutorChat(), TutorChat)
    assert_type(TutorChat("wss://example.org/"), TutorChat)
    TutorChat("wss://example.org/", session="algebra-1", token="secret", lang="de")
    TutorChat(token=lambda: "secret")
    TutorChat(token=ask)
    TutorChat(None, session=None, token=None, lang=None)
    TutorChat(save=False)
    TutorChat(save="no")  # type: ignore[arg-type]
    TutorChat(7)  # type: ignore[arg-type]
    TutorChat("wss://example.org/", "algebra-1")  # type: ignore[call-arg]
    TutorChat(token=7)  # type: ignore[arg-type]


async def conversation(chat: TutorChat) -> None:
    """What a program says and hears."""
    assert_type(chat.session, str)
    assert_type(chat.say("2 + 2?"), str)
    assert_type(chat.say("why?", {"cell": "x = 1"}), str)
    assert_type(await chat.ask("2 + 2?"), Event)
    assert_type(await chat.ask("2 + 2?", timeout=2.5), Event)
    assert_type(chat.ask_blocking("2 + 2?", 2.5), Event)
    assert_type(chat.older(), int)
    assert_type(chat.export("talk.md"), Path)
    assert_type(chat.export(Path("talk.json")), Path)
    assert_type(chat.on_event(print), Callable[[], None])
    chat.say(b"2 + 2?")  # type: ignore[arg-type]


def traits(chat: TutorChat) -> None:
    """What a program reads and observes."""
    assert_type(chat.status, str)
    assert_type(chat.connection, dict[str, Any])
    assert_type(chat.queue, list[dict[str, Any]])
    assert_type(chat.history, list[dict[str, Any]])
    assert_type(chat.session_state, dict[str, Any])


def control(chat: TutorChat) -> None:
    """Commands return nothing."""
    id = chat.say("2 + 2?")
    for command in (chat.stop, chat.new, chat.reconnect, chat.disconnect, chat.close):
        assert_type(command(), None)
    for of in (chat.retry, chat.discard):
        assert_type(of(id), None)


def requests(chat: TutorChat) -> None:
    """A report needs no reason; neither tells more than that it was taken."""
    assert_type(chat.report("_t1"), None)
    assert_type(chat.report("_t1", "It is rude."), None)
    assert_type(chat.report("_t1", share=True), None)
    assert_type(chat.erase(), None)


def events(event: Event) -> None:
    """An event as it comes from the log."""
    assert_type(event.seq, int)
    assert_type(event.id, str)
    assert_type(event.text, str)
    assert_type(event.at, int)
    assert_type(event.re, str | None)
    event.text = "other words"  # type: ignore[misc]


def saved() -> None:
    """A conversation from a file and into one."""
    loaded = Conversation.load("talk.json")
    assert_type(loaded, Conversation)
    assert_type(loaded.save("talk.html"), Path)


def errors(error: ProtocolError) -> None:
    """Each is a way to recover, and a `TutorError`."""
    kinds: tuple[type[TutorError], ...] = (Closed, Misuse, ProtocolError, Refused, Unreachable)
    refusals: tuple[type[Refused], ...] = (InvalidURL, NotFound, QueueFull)
    looked_up: tuple[type[KeyError], type[ValueError]] = (NotFound, InvalidURL)
    del kinds, refusals, looked_up
    assert_type(error.key, str)
    version: str = __version__
    del version


class Socrates:
    """A tutor of one's own needs these two methods and no base class."""

    async def greeting(self, state: dict[str, Any], lang: str | None = None) -> str:
        return "What do you think?"

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        assert_type(turn.message, str)
        yield "Why?"


async def serving() -> None:
    """A server in a program."""
    tutor: Tutor = Socrates()
    greeter: Greeter = Socrates()
    store: Store = await SQLiteStore.open_file("tutor.sqlite")
    assert_type(await open_store("sqlite:///tutor.sqlite"), Store)
    authenticator: Authenticator = TokenAuthenticator({"ada": "secret"})
    del greeter
    async with Server(store, tutor, Settings(rate=0), authenticator=authenticator) as server:
        assert_type(server.url, str)
        assert_type(server.port, int)
