"""The same chat in each program that shows notebooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.jupyter import Notebook, Notebook7, Voila
from tests.support.browser.marimo import Marimo, Visit
from tests.support.browser.matrix import AFTER, ANSWERED, HOSTS, ITS_OWN, OWN, note
from tests.support.servers.processes import Tutor

SESSION = "a-chat-in-any-host"


def converse(chat: Chat, tutor: Tutor) -> None:
    """A message is answered; the server dies and is back; what was typed meanwhile is answered."""
    expect(chat.badge).to_have_text("Connected", timeout=60_000)
    chat.say("hello")
    chat.settle(2)
    tutor.kill()
    expect(chat.badge).to_contain_text("Reconnecting")
    chat.say("still there?")
    expect(chat.badge).to_have_text("Reconnecting, 1 message waiting")
    tutor.start()
    chat.settle(4)
    expect(chat.badge).to_have_text("Connected")
    assert said(tutor) == ["hello", "hello", "still there?", "still there?"]


def scheme(chat: Chat) -> str:
    """`light` or `dark`, as it is drawn."""
    return str(chat.root.evaluate("part => getComputedStyle(part).colorScheme"))


def said(tutor: Tutor) -> list[str]:
    """The texts in the server's log."""
    return [event.text for event in tutor.events(SESSION)]


def test_in_notebook_7(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """A chat in Notebook 7 connects, answers, and heals."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(chat_cell(tutor.url, SESSION), host=Notebook7)
    notebook.run(0)
    chat = Chat(notebook)
    converse(chat, tutor)
    assert scheme(chat) == "light"
    notebook.screenshot("notebook-7")


@pytest.mark.slow
def test_in_firefox(
    open_notebook: Callable[..., Notebook],
    start_tutor: Callable[..., Tutor],
    firefox: BrowserContext,
) -> None:
    """A chat in JupyterLab in Firefox connects, answers, heals, and is there after a reload."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(chat_cell(tutor.url, SESSION), browser=firefox)
    notebook.run(0)
    chat = Chat(notebook)
    converse(chat, tutor)
    notebook.screenshot("firefox")
    notebook.save()
    notebook.open()
    notebook.run(0)
    chat.settle(4)
    expect(chat.badge).to_have_text("Connected")


@pytest.mark.slow
@pytest.mark.parametrize("kernel", HOSTS["Voilà"][1])
def test_in_voila(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor], kernel: str
) -> None:
    """Each load of the page is a new kernel; the conversation that the notebook names goes on."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    name = "python3" if kernel == OWN else kernel
    cells = (chat_cell(tutor.url, SESSION), "import ipykernel; print(ipykernel.__version__)")
    notebook = open_notebook(*cells, kernel=name, host=Voila)
    chat = Chat(notebook)
    converse(chat, tutor)
    assert scheme(chat) == "light"
    expect(notebook.page.get_by_text(f"{kernel}.")).to_be_visible()
    notebook.open()
    expect(chat.badge).to_have_text("Connected", timeout=60_000)
    chat.settle(4)
    chat.say("again")
    chat.settle(6)
    assert said(tutor)[4:] == ["again", "again"]
    notebook.screenshot(f"voila-{kernel}")
    note("Voilà", kernel, ANSWERED)


@pytest.fixture
def visit_marimo(context: BrowserContext, tmp_path: Path) -> Iterator[Callable[..., Visit]]:
    """`visit_marimo("run", "cell", …)`: a page of a notebook in marimo, as an app or to edit.

    Without arguments: another page of the same.
    """
    with ExitStack() as stack:
        visits: list[Visit] = []
        served: list[Marimo] = []

        def visit_marimo(
            mode: Literal["run", "edit"] = "run", *cells: str, theme: str = "light"
        ) -> Visit:
            if cells:
                server = Marimo(tmp_path, mode, *cells, theme=theme)
                served.append(stack.enter_context(server))
            visits.append(Visit(served[-1], context))
            stack.callback(visits[-1].page.close)
            return visits[-1]

        yield visit_marimo
        assert [fault for visit in visits for fault in visit.faults] == []


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "theme"), [("run", "light"), ("edit", "dark")])
def test_in_marimo(
    visit_marimo: Callable[..., Visit], start_tutor: Callable[..., Tutor], mode: str, theme: str
) -> None:
    """Two chats on one page, whose module marimo loads once, keep apart; a reload loses nothing."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    marimo = visit_marimo(
        mode,
        chat_cell(tutor.url, SESSION),
        f"other = TutorChat({tutor.url!r}, session='another-conversation')\nother",
        theme=theme,
    )
    chat, other = Chat(marimo), Chat(marimo, 1)
    converse(chat, tutor)
    assert scheme(chat) == theme
    expect(other.badge).to_have_text("Connected")
    expect(other.messages).to_have_count(0)
    marimo.page.reload()
    expect(chat.badge).to_have_text("Connected", timeout=60_000)
    chat.settle(4)
    chat.say("again")
    chat.settle(6)
    expect(other.messages).to_have_count(0)
    assert said(tutor)[4:] == ["again", "again"]


LONG = """
import pathlib, time
pathlib.Path("running").touch()
while not pathlib.Path("go-on").exists():
    time.sleep(0.05)
"""
"""Runs until the test lets it end, and says that it has begun."""
WAITING = "Waiting for the notebook’s kernel…"


@pytest.mark.slow
def test_in_marimo_while_a_cell_runs(
    visit_marimo: Callable[..., Visit], start_tutor: Callable[..., Tutor], tmp_path: Path
) -> None:
    """What is typed waits and the badge says so; when the cell ends it goes out, once."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    running, go_on = tmp_path / "running", tmp_path / "go-on"
    go_on.touch()  # the page runs it as well, when it is loaded
    marimo = visit_marimo("edit", chat_cell(tutor.url, SESSION), f"chat\n{LONG}")
    chat = Chat(marimo)
    expect(chat.badge).to_have_text("Connected", timeout=60_000)
    marimo.wait_for(running)
    running.unlink()
    go_on.unlink()
    marimo.run(1)
    marimo.wait_for(running)
    chat.say("are you busy?")
    expect(chat.badge).to_have_text(WAITING)
    expect(chat.message("are you busy?")).to_have_attribute("data-state", "waiting")
    assert said(tutor) == []
    go_on.touch()
    chat.settle(2)
    expect(chat.badge).to_have_text("Connected")
    assert said(tutor) == ["are you busy?"] * 2
    note("marimo", ITS_OWN, AFTER)


@pytest.mark.slow
def test_in_marimo_where_a_cell_runs_before_the_kernel_was_heard_of(
    visit_marimo: Callable[..., Visit], start_tutor: Callable[..., Tutor], tmp_path: Path
) -> None:
    """It is no saved conversation, however long that takes: what is typed waits, and goes out."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    cells = (chat_cell(tutor.url, SESSION), f"chat\n{LONG}\n'it is over'")
    marimo = visit_marimo("run", *cells)
    chat = Chat(marimo)
    expect(chat.badge).to_have_text("Connecting…", timeout=60_000)
    chat.say("are you busy?")
    expect(chat.badge).to_have_text(WAITING)
    marimo.page.wait_for_timeout(7_000)  # longer than silence is borne where no kernel ever was
    expect(chat.badge).to_have_text(WAITING)
    expect(chat.message("are you busy?")).to_have_attribute("data-state", "waiting")
    expect(chat.composer).to_be_visible()
    assert said(tutor) == []
    (tmp_path / "go-on").touch()
    chat.settle(2)
    expect(marimo.page.get_by_text("it is over")).to_be_visible()
    expect(chat.badge).to_have_text("Connected")
    assert said(tutor) == ["are you busy?"] * 2


def unnamed(tutor: Tutor) -> str:
    """The cell of a chat whose conversation has no name."""
    return f"from tutor_widget import TutorChat\nchat = TutorChat({tutor.url!r})\nchat"


@pytest.mark.slow
def test_in_marimo_s_editor_a_notebook_has_one_conversation(
    visit_marimo: Callable[..., Visit], start_tutor: Callable[..., Tutor]
) -> None:
    """Without a name for it, a cell that is run again goes on with it."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    marimo = visit_marimo("edit", unnamed(tutor))
    chat = Chat(marimo)
    expect(chat.badge).to_have_text("Connected", timeout=60_000)
    chat.say("hello")
    chat.settle(2)
    marimo.run(0)
    chat.settle(2)
    chat.say("again")
    chat.settle(4)


@pytest.mark.slow
def test_who_visits_a_marimo_app_has_a_conversation_of_their_own(
    visit_marimo: Callable[..., Visit], start_tutor: Callable[..., Tutor]
) -> None:
    """Without a name for it, nobody sees what another visitor of the app has said."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    marimo = visit_marimo("run", unnamed(tutor))
    chat = Chat(marimo)
    expect(chat.badge).to_have_text("Connected", timeout=60_000)
    chat.say("a secret")
    chat.settle(2)
    visitor = Chat(visit_marimo())
    expect(visitor.badge).to_have_text("Connected", timeout=60_000)
    visitor.say("hello")
    visitor.settle(2)
    assert visitor.texts() == ["hello", "hello"]
    assert chat.texts() == ["a secret", "a secret"]
