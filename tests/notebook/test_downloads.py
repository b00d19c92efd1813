"""Conversations as files: those that a program saves, and those that a page fetches by pieces."""

from __future__ import annotations

import gc
import json
import secrets
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.chats import WITHIN, command, show, wait_for_status
from tests.support.children import until
from tests.support.servers.processes import Tutor
from tests.support.servers.scripted import Scripted, answer_all
from tutor_widget import Misuse, Refused, TutorChat
from tutor_widget.client.loop import call_on_loop
from tutor_widget.conversation import Conversation
from tutor_widget.notebook import commands, downloads
from tutor_widget.notebook.downloads import Downloads

pytestmark = pytest.mark.usefixtures("own_home")


async def test_the_last_piece_is_not_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of exactly two pieces has two, and then the end, whose answer can be repeated."""
    monkeypatch.setattr(downloads, "PIECE", 3)
    files = Downloads()
    first = files.begin("abcdef")
    last = files.resume(first["next"])
    assert (first["text"], last["text"]) == ("abc", "def")
    assert last["next"].endswith("-end")
    for _ in range(2):
        assert files.resume(last["next"]) == {"text": "", "next": None}
    assert len(files) == 0


def test_an_export_is_written_on_the_thread_that_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chats' thread cannot ask for one; it gets an error."""
    writers: list[int] = []
    save = Conversation.save

    def spy(self: Conversation, path: str | Path) -> Path:
        writers.append(threading.get_ident())
        return save(self, path)

    monkeypatch.setattr(Conversation, "save", spy)
    with Scripted(answer_all) as server, closing(TutorChat(server.url, session="s")) as chat:
        chat.ask_blocking("hello", WITHIN)
        assert "hello" in chat.export(tmp_path / "saved.md").read_text()
        with pytest.raises(Misuse):
            call_on_loop(lambda: chat.export(tmp_path / "other.md"))
    assert writers == [threading.get_ident()]


def test_a_download_is_let_go_with_its_last_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the file stays in the kernel, and a piece may be asked for again."""
    monkeypatch.setattr(downloads, "PIECE", 100)
    with Scripted(answer_all) as server, closing(TutorChat(server.url, session="s")) as chat:
        chat.ask_blocking("hello " * 100, WITHIN)
        whole, pieces = chat._wait_for(chat._chat.whole_conversation()).text(".json"), []
        following: str | int | None = 0
        while following is not None:
            piece = fetch(chat, "json", following)
            if following != 0:
                assert fetch(chat, "json", following) == piece  # the answer was lost on its way
            pieces.append(piece["text"])
            following = piece["next"]
        assert len(pieces) > 12
        assert all(len(piece) <= 100 for piece in pieces)
        assert without_time("".join(pieces)) == without_time(whole)
        assert len(chat._chat.downloads) == 0
        assert holders_of("".join(pieces)) == []


def test_a_short_file_is_never_kept() -> None:
    """It goes in one piece."""
    with Scripted(answer_all) as server, closing(TutorChat(server.url, session="s")) as chat:
        chat.ask_blocking("hello", WITHIN)
        assert fetch(chat, "md", 0)["next"] is None
        assert len(chat._chat.downloads) == 0


def test_two_downloads_of_one_format_do_not_mix(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page gets the conversation as it was when it asked."""
    monkeypatch.setattr(downloads, "PIECE", 50)
    with Scripted(answer_all) as server, closing(TutorChat(server.url, session="s")) as chat:
        chat.ask_blocking("first", WITHIN)
        one = [fetch(chat, "md", 0)]
        chat.ask_blocking("second", WITHIN)
        other = [fetch(chat, "md", 0)]
        for pieces in (one, other, one, other) * 20:
            if pieces[-1]["next"] is not None:
                pieces.append(fetch(chat, "md", pieces[-1]["next"]))
        texts = ["".join(piece["text"] for piece in pieces) for pieces in (one, other)]
        assert [text.count("## You") for text in texts] == [1, 2]
        assert len(chat._chat.downloads) == 0


def test_an_abandoned_download_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while, when more begin than pages can need, with `new`, and with the chat."""
    monkeypatch.setattr(downloads, "PIECE", 50)
    with Scripted(answer_all) as server, closing(TutorChat(server.url, session="s")) as chat:
        chat.ask_blocking("hello", WITHIN)
        following = [fetch(chat, "md", 0)["next"] for _ in range(downloads.MAX_DOWNLOADS + 1)]
        assert len(chat._chat.downloads) == downloads.MAX_DOWNLOADS
        with pytest.raises(Refused, match="took too long"):
            fetch(chat, "md", following[0])
        fetch(chat, "md", following[1])
        chat.new()
        assert len(chat._chat.downloads) == 0
        chat.ask_blocking("hello", WITHIN)
        monkeypatch.setattr(downloads, "ABANDONED_AFTER", 0.01)
        gone = fetch(chat, "md", 0)["next"]
        until(lambda: len(chat._chat.downloads) == 0)
        with pytest.raises(Refused, match="took too long"):
            fetch(chat, "md", gone)
        monkeypatch.setattr(downloads, "ABANDONED_AFTER", 1000.0)
        fetch(chat, "md", 0)
        assert len(chat._chat.downloads) == 1
    assert len(chat._chat.downloads) == 0


def test_of_a_conversation_that_was_deleted_the_kernel_holds_no_file(
    monkeypatch: pytest.MonkeyPatch, start_tutor: Callable[..., Tutor]
) -> None:
    """A page that was fetching it gets no further piece, and no word of it is left in memory."""
    monkeypatch.setattr(downloads, "PIECE", 20)
    marker = secrets.token_hex(16)
    url = start_tutor("--tutor=echo", "--pace=0").url
    with closing(TutorChat(url, session="s")) as chat:
        chat.ask_blocking(f"so {marker}", WITHIN)
        following = fetch(chat, "md", 0)["next"]
        assert len(chat._chat.downloads) == 1
        assert words_in_memory(marker)
        chat.erase()
        until(lambda: chat.connection["code"] == "erased")
        assert len(chat._chat.downloads) == 0
        with pytest.raises(Refused, match="took too long"):
            fetch(chat, "md", following)
        until(lambda: not words_in_memory(marker))


def test_a_download_goes_on_for_as_long_as_its_pieces_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each question for a piece gives it the whole time again."""
    monkeypatch.setattr(downloads, "PIECE", 50)
    with Scripted(answer_all) as server, closing(TutorChat(server.url, session="s")) as chat:
        chat.ask_blocking("hello", WITHIN)
        following = fetch(chat, "md", 0)["next"]
        (download,) = chat._chat.downloads._files.values()
        first = download.expiry
        fetch(chat, "md", following)
        assert first.cancelled()
        assert not download.expiry.cancelled()
        assert download.expiry.when() > first.when()


@pytest.mark.parametrize("following", [-1, "x", "", "1-", "7-x", None, ["1"], 1.5, True])
def test_a_piece_that_was_never_named_is_refused(following: object) -> None:
    """With a sentence, whatever the page sends."""
    with closing(TutorChat("ws://127.0.0.1:1", session="s")) as chat:
        page = show(chat)
        command(chat, "file", "f", format="md", **{"from": following})
        page.wait(lambda: "f" in page.acks)
        assert page.acks["f"]


def test_a_question_that_comes_again_while_it_is_answered_is_answered_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A long conversation is written down once, however often an impatient page asks."""
    go, written = threading.Event(), []

    def slow(conversation: Conversation, suffix: str) -> str:
        written.append(suffix if go.wait(WITHIN) else "too late")
        return suffix

    monkeypatch.setattr(Conversation, "text", slow)
    with Scripted(answer_all) as server, closing(TutorChat(server.url, session="s")) as chat:
        wait_for_status(chat, "connected")
        page = show(chat)
        for _ in range(3):
            command(chat, "file", "f", format="md", **{"from": 0})
        # A long one keeps nobody waiting: it is written down on another thread.
        assert chat.ask_blocking("meanwhile", WITHIN).text == "meanwhile"
        go.set()
        page.wait(lambda: "f" in page.acks)
        command(chat, "file", "g", format="md", **{"from": 0})
        page.wait(lambda: "g" in page.acks)
        assert written == [".md", ".md"]


def fetch(chat: TutorChat, format: str, following: object) -> dict[str, Any]:
    """A piece of the conversation, as a page asks for it."""
    question = {"format": format, "from": following}
    found: dict[str, Any] = chat._wait_for(_answer(chat, question))
    return found


async def _answer(chat: TutorChat, question: commands.Content) -> Any:
    return await commands.QUESTIONS["file"](chat._chat, question)


def without_time(saved: str) -> dict[str, Any]:
    """A saved conversation but for the moment of saving."""
    return {name: value for name, value in json.loads(saved).items() if name != "saved_at"}


def words_in_memory(marker: str) -> list[str]:
    """The texts that hold the marker, and who holds them."""
    call_on_loop(gc.collect)
    return [
        f"{type(holder).__name__}: {value[:200]}"
        for holder in gc.get_objects()
        for value in gc.get_referents(holder)
        if isinstance(value, str) and marker in value and value != marker
    ]


def holders_of(text: str) -> list[str]:
    """Where a string equal to the text is held by an object that is not this test's."""
    call_on_loop(gc.collect)
    return [
        repr(holder)[:200]
        for holder in gc.get_objects()
        if isinstance(holder, dict)
        for value in list(holder.values())
        if isinstance(value, str) and value is not text and value == text
    ]
