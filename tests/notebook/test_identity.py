"""Which notebook a kernel belongs to: what it finds out itself, and what its pages say."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.chats import NOBODY, wait_for_status
from tests.support.children import until
from tests.support.notebooks import rewrite, write
from tests.support.servers.scripted import Peer, Scripted
from tutor_widget import TutorChat
from tutor_widget.client.loop import get_loop
from tutor_widget.client.net.endpoint import Remote
from tutor_widget.client.storage.disk import call_on_disk
from tutor_widget.client.storage.session_memory import SessionMemory
from tutor_widget.notebook import identity
from tutor_widget.notebook.identity import chosen
from tutor_widget.wire import Event, Send

SETTLED: Any = lambda: call_on_disk(lambda: None)  # noqa: E731 - what was posted is on the disk


# --- the rule -----------------------------------------------------------------------------------

KERNELS, PAGES = "the kernel's", "the page's"


@pytest.mark.parametrize(
    ("page", "has_said", "elsewhere", "id"),
    [
        # page holds, said, another file holds (the kernel's, the page's)
        pytest.param(None, False, (False, False), KERNELS, id="a notebook without an id"),
        pytest.param(None, True, (False, False), KERNELS, id="the same, late"),
        pytest.param(KERNELS, False, (False, False), KERNELS, id="the same notebook"),
        pytest.param(KERNELS, True, (False, False), KERNELS, id="the same, renamed"),
        pytest.param(KERNELS, False, (True, True), None, id="saved as"),
        pytest.param(KERNELS, True, (True, True), None, id="saved as, after something was said"),
        pytest.param(PAGES, False, (False, False), PAGES, id="the kernel guessed wrong"),
        pytest.param(PAGES, True, (False, False), KERNELS, id="the same, too late"),
        pytest.param(PAGES, False, (False, True), KERNELS, id="a copy"),
        pytest.param(PAGES, True, (False, True), KERNELS, id="a copy, late"),
        pytest.param(PAGES, False, (True, False), PAGES, id="the kernel took another's"),
        pytest.param(PAGES, True, (True, False), PAGES, id="the same, late: that stays another's"),
        pytest.param(PAGES, False, (True, True), None, id="both are others'"),
        pytest.param(None, False, (True, False), None, id="the kernel took another's, and no id"),
    ],
)
def test_the_rule(
    page: str | None, has_said: bool, elsewhere: tuple[bool, bool], id: str | None
) -> None:
    """The id that the notebook has to hold; None: a new one."""
    kernel_elsewhere, page_elsewhere = elsewhere
    found = chosen(
        KERNELS,
        page,
        has_said=has_said,
        kernel_elsewhere=kernel_elsewhere,
        page_elsewhere=page_elsewhere,
    )
    assert found == id


# --- kernels and pages --------------------------------------------------------------------------


class Kernel:
    """A kernel that was started for the notebook at this path, with a chat in it."""

    def __init__(self, path: Path, url: str) -> None:
        identity._identities.clear()  # of a process
        self._path, self._url = path, url
        self.chat = self.another_chat()

    def another_chat(self) -> TutorChat:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("JPY_SESSION_NAME", str(self._path))
            return TutorChat(self._url)

    @property
    def session(self) -> str:
        SETTLED()
        return self.chat.session

    def meet(self, holds: object, path: object, chat: TutorChat | None = None) -> str | None:
        """A page shows the chat in a notebook that holds this, at this path of its server."""
        meeting = (chat or self.chat)._chat.meet_page(holds, path)
        return asyncio.run_coroutine_threadsafe(meeting, get_loop()).result()

    def opened(self, path: Path) -> str:
        """A page opens the notebook and writes the id into it, which it saves; returns the id."""
        id = self.meet(None, path.name)
        assert id is not None
        write(path, id)
        return id

    def end(self) -> None:
        SETTLED()
        self.chat.close()


@pytest.fixture
def start() -> Iterator[Callable[..., Kernel]]:
    """Start kernels, all of one home."""
    kernels: list[Kernel] = []

    def start(path: Path, url: str = NOBODY) -> Kernel:
        kernels.append(Kernel(path, url))
        return kernels[-1]

    yield start
    for kernel in kernels:
        kernel.end()


def test_a_renamed_notebook_goes_on_and_a_new_one_of_its_name_does_not(
    tmp_path: Path, start: Callable[..., Kernel]
) -> None:
    """With no page when the next kernels start."""
    path = write(tmp_path / "Untitled.ipynb")
    first = start(path)
    first.opened(path)
    session = first.session
    first.end()
    renamed = path.rename(tmp_path / "Lists.ipynb")
    assert start(write(path)).session != session
    assert start(renamed).session == session


def test_a_rename_in_an_open_page_is_known_at_once(
    tmp_path: Path, start: Callable[..., Kernel]
) -> None:
    """The id unsaved: the file is the same. A new file of the old name is another."""
    path = write(tmp_path / "Untitled.ipynb")
    first = start(path)
    id = first.meet(None, path.name)
    session = first.session
    renamed = path.rename(tmp_path / "Lists.ipynb")
    assert first.meet(id, renamed.name) == id
    assert first.session == session
    first.end()
    assert start(write(path)).session != session
    assert start(renamed).session == session


def test_a_copy_begins_its_own_and_both_keep_theirs(
    tmp_path: Path, start: Callable[..., Kernel]
) -> None:
    """Two notebooks open at a time, and opened again later."""
    path = write(tmp_path / "Untitled.ipynb")
    first = start(path)
    id = first.opened(path)
    copied = write(tmp_path / "Untitled-Copy1.ipynb", id)
    second = start(copied)
    assert second.session != first.session
    copys = second.meet(id, copied.name)
    assert copys != id
    assert first.meet(id, path.name) == id
    sessions = [first.session, second.session]
    first.end()
    second.end()
    assert [start(path).session, start(copied).session] == sessions  # the copy is not saved yet
    write(copied, copys)
    assert [start(copied).session, start(path).session] == sessions[::-1]


def test_save_as_begins_a_new_conversation_in_the_open_chat(
    tmp_path: Path, start: Callable[..., Kernel]
) -> None:
    """What is said from now on is the copy's; the original is as it was."""
    path = write(tmp_path / "Untitled.ipynb")
    kernel = start(path)
    id = kernel.opened(path)
    session = kernel.session
    kernel.chat.say("the original's")
    copied = write(tmp_path / "Saved.ipynb", id)
    copys = kernel.meet(id, copied.name)
    assert copys != id
    own = kernel.session
    assert own != session
    kernel.end()
    write(copied, copys)
    assert start(copied).session == own
    assert start(path).session == session


def test_a_page_that_comes_late_corrects_the_kernels_guess(
    tmp_path: Path, start: Callable[..., Kernel]
) -> None:
    """A restarted kernel has its first path, where another notebook is by now. All its chats move,
    and the other notebook has its conversation."""
    path = write(tmp_path / "Untitled.ipynb")
    first = start(path)
    id = first.opened(path)
    session = first.session
    first.end()
    renamed = path.rename(tmp_path / "Lists.ipynb")
    other = start(write(path))
    others = other.opened(path)
    others_session = other.session
    other.end()

    guessing = start(path)
    another = guessing.another_chat()
    assert guessing.session == another.session == others_session
    assert guessing.meet(id, renamed.name) == id
    assert guessing.session == another.session == session
    assert guessing.meet(id, renamed.name, another) == id
    assert start(path).session == others_session
    assert start(path).meet(others, path.name) == others


def test_after_something_was_said_the_page_takes_the_kernels(
    tmp_path: Path, start: Callable[..., Kernel]
) -> None:
    """The conversation does not change under the learner's hands."""
    path = write(tmp_path / "Untitled.ipynb")
    kernel = start(path)
    session = kernel.session
    kernel.chat.say("hello")
    id = kernel.meet("from-elsewhere", path.name)
    assert id not in (None, "from-elsewhere")
    assert kernel.session == session
    kernel.end()
    write(path, id)
    assert start(path).session == session


def test_a_second_notebook_on_the_kernel_moves_no_conversation(
    tmp_path: Path, start: Callable[..., Kernel]
) -> None:
    """Its page keeps the id that it holds, and the kernel its own, whoever speaks."""
    path, other = write(tmp_path / "Lists.ipynb"), write(tmp_path / "Loops.ipynb", "its-own-id")
    kernel = start(path)
    id, session = kernel.opened(path), kernel.session
    kernel.chat.say("something")
    for _ in range(2):
        assert kernel.meet("its-own-id", other.name) == "its-own-id"
        assert kernel.session == session
        assert kernel.meet(id, path.name) == id
        assert kernel.session == session


def test_until_something_is_said_the_kernel_takes_the_pages(
    tmp_path: Path, start: Callable[..., Kernel]
) -> None:
    """An id that nothing is known of: a teacher's notebook. The chat stays as it is."""
    path = write(tmp_path / "Untitled.ipynb")
    kernel = start(path)
    session = kernel.session
    assert kernel.meet("a-teachers", path.name) == "a-teachers"
    assert kernel.session == session
    kernel.end()
    assert start(write(path, "a-teachers")).session == session


def test_a_chat_made_while_a_page_speaks_follows_it(
    tmp_path: Path, start: Callable[..., Kernel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notebook turns out to be another one after the chat has read what is remembered."""
    path = write(tmp_path / "Untitled.ipynb")
    first = start(path)
    id = first.opened(path)
    session = first.session
    first.end()
    renamed = path.rename(tmp_path / "Lists.ipynb")
    guessing = start(write(path))
    made, go_on = threading.Event(), threading.Event()
    follow = identity.Identity.memory

    def slow(self: identity.Identity, server: str) -> SessionMemory:
        memory = follow(self, server)
        if threading.current_thread() is maker:
            made.set()
            assert go_on.wait(60)
        return memory

    chats: list[TutorChat] = []
    maker = threading.Thread(target=lambda: chats.append(guessing.another_chat()))
    monkeypatch.setattr(identity.Identity, "memory", slow)
    maker.start()
    assert made.wait(60)
    assert guessing.meet(id, renamed.name) == id
    go_on.set()
    maker.join()
    until(lambda: chats[0]._chat._following.done())
    assert chats[0].session == guessing.session == session
    chats[0].close()


async def test_no_chat_waits_for_another_to_follow(tmp_path: Path, own_home: None) -> None:
    """Both have begun before either ends; a failure of one is raised when both have ended."""
    known = identity.identity_of(str(write(tmp_path / "Untitled.ipynb")), None)
    both = asyncio.Barrier(2)
    followed: list[bool] = []

    async def fails(is_copy: bool) -> None:
        await both.wait()
        raise LookupError

    async def follows(is_copy: bool) -> None:
        await both.wait()
        followed.append(is_copy)

    known.follow(fails)
    known.follow(follows)
    async with asyncio.timeout(60):
        with pytest.raises(LookupError):
            await known.meet("a-teachers", str(write(tmp_path / "Lists.ipynb", "a-teachers")))
    assert followed == [False]


def test_without_a_page_the_path_is_the_notebook(
    tmp_path: Path, start: Callable[..., Kernel]
) -> None:
    """VS Code, Colab, marimo, a plain kernel: as it always was."""
    path = write(tmp_path / "Untitled.ipynb")
    first = start(path)
    session = first.session
    first.end()
    rewrite(path)
    assert start(path).session == session


def test_what_was_remembered_for_a_path_is_its_first_notebooks(
    tmp_path: Path, start: Callable[..., Kernel]
) -> None:
    """By a version without ids. The next of that name has its own."""
    path = write(tmp_path / "Untitled.ipynb")
    before = SessionMemory(Remote(NOBODY).key, str(path))
    before.remember("of-before")
    first = start(path)
    assert first.session == "of-before"
    first.opened(path)
    first.end()
    renamed = path.rename(tmp_path / "Lists.ipynb")
    assert start(write(path)).session != "of-before"
    assert start(renamed).session == "of-before"


def test_what_waits_when_the_chat_moves_is_sent_in_its_session(
    tmp_path: Path, start: Callable[..., Kernel]
) -> None:
    """*Save as* while the tutor is slow: no message goes along into the copy, and the connection of
    the original stays until it is answered."""
    came, moved, taken = threading.Event(), threading.Event(), threading.Event()

    async def take(peer: Peer) -> None:
        await peer.welcome()
        if not came.is_set() and isinstance(frame := await peer.receive(), Send):
            came.set()
            await asyncio.to_thread(moved.wait, 60)
            await peer.send(Event(1, frame.id, "learner", frame.text, 0, "complete"))
            taken.set()
        await peer.socket.wait_closed()

    path = write(tmp_path / "Untitled.ipynb")
    with Scripted(take) as server:
        kernel = start(path, server.url)
        id = kernel.opened(path)
        kernel.chat.say("the original's")
        assert came.wait(60)
        kernel.meet(id, write(tmp_path / "Saved.ipynb", id).name)
        wait_for_status(kernel.chat, "connected")
        moved.set()
        assert taken.wait(60)
        assert kernel.chat.history == kernel.chat.queue == []


def test_a_guess_that_was_corrected_leaves_nothing_to_the_notebook_of_that_path(
    tmp_path: Path, start: Callable[..., Kernel]
) -> None:
    """Two notebooks never share a session: here the one that was guessed has no id yet."""
    path = write(tmp_path / "Untitled.ipynb")
    renamed = write(tmp_path / "Lists.ipynb", "its-id")
    kernel = start(path)
    session = kernel.session
    assert kernel.meet("its-id", renamed.name) == "its-id"
    assert kernel.session == session
    kernel.end()
    assert start(renamed).session == session
    assert start(path).session != session


@pytest.mark.parametrize(
    "holds",
    [7, True, [], {}, "", "a/b", "a b", "é", "x" * 65, "x" * (1 << 20), {"notebook": "one"}],
    ids=lambda holds: repr(holds)[:30],
)
def test_what_is_no_id_counts_as_none(
    tmp_path: Path, start: Callable[..., Kernel], holds: object
) -> None:
    """The notebook gets the kernel's, whatever its author wrote there."""
    path = write(tmp_path / "Untitled.ipynb")
    kernel = start(path)
    session = kernel.session
    id = kernel.meet(holds, path.name)
    assert id is not None
    assert id != holds
    assert kernel.session == session


@pytest.mark.parametrize(
    "path",
    [None, 7, [], "", "../..", "x" * (1 << 20), "a\0b"],
    ids=lambda path: repr(path)[:30],
)
def test_what_is_no_path_says_nothing(
    tmp_path: Path, start: Callable[..., Kernel], path: object
) -> None:
    """The id alone counts."""
    notebook = write(tmp_path / "Untitled.ipynb")
    kernel = start(notebook)
    id = kernel.opened(notebook)
    session = kernel.session
    assert kernel.meet(id, path) == id
    assert kernel.session == session


def test_nothing_is_remembered_for_a_chat_with_a_name_or_without_a_notebook(
    chat_with: Callable[..., TutorChat], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where many share a kernel's home (Voilà), an id that a page names opens no conversation."""
    nowhere = chat_with(NOBODY)
    monkeypatch.setenv("JPY_SESSION_NAME", "one.ipynb")
    named = chat_with(NOBODY, session="algebra-1")
    for chat in (nowhere, named):
        session = chat.session
        meeting = chat._chat.meet_page("an-id", "one.ipynb")
        assert asyncio.run_coroutine_threadsafe(meeting, get_loop()).result() is None
        assert chat.session == session
