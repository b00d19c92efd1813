"""A newcomer's first ten minutes: the quickstart, word for word, with a picture at each step.

`python3 dev.py shots` runs it after the other pictures, on the server that `dev.py lab` starts; the
pictures are in test-results/newcomer/. They are there to be looked at: does anything puzzle?
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browser.chat import Chat
from tests.support.browser.jupyter import Lab, Notebook
from tests.support.paths import ROOT

QUICKSTART: Final = ROOT / "notebooks" / "quickstart.ipynb"
PICTURES: Final = Path("test-results") / "newcomer"
# With its folder: a login shell, which a terminal is that no terminal started, forgets the path.
SERVE: Final = f"{Path(sys.executable).with_name('tutor-widget')} serve --port 8765"
PROMPT: Final = "# " if os.geteuid() == 0 else "$ "
NUMBERED: Final = re.compile(r"\[\d+\]:")

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def notebook(tmp_path: Path, context: BrowserContext) -> Iterator[Notebook]:
    """What a newcomer has before them after `python3 dev.py lab`."""
    program = [str(Path(sys.executable).with_name("tutor-widget")), "lab"]
    with Lab(tmp_path, program) as lab:
        copy = lab.root / QUICKSTART.name  # made by the program
        notebook = Notebook(lab, context.new_page(), copy, PICTURES)
        notebook.page.goto(f"{lab.url}/lab/tree/{copy.name}?token={lab.token}")
        notebook.wait_until_idle()
        yield notebook
        notebook.close()


class Newcomer:
    """Does what the notebook says, with keyboard and mouse, and takes pictures."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self.page: Page = notebook.page
        self.keyboard = self.page.keyboard
        self._pictures = 0

    def look(self, name: str) -> None:
        self._pictures += 1
        self.notebook.screenshot(f"{self._pictures:02}-{name}")

    def run_next(self, code: str) -> None:
        """Shift+Enter through the cells until that one has run, as people do."""
        cell = self.page.locator(".jp-Notebook .jp-CodeCell").filter(has_text=code).first
        cell.locator(".cm-content").click()
        self.keyboard.press("Shift+Enter")
        expect(cell.locator(".jp-InputPrompt")).to_have_text(NUMBERED, timeout=60_000)

    def open_terminal(self) -> None:
        with self.page.expect_websocket(lambda socket: "/terminals/" in socket.url) as opened:
            for item in ("File", "New", "Terminal"):
                label = ".lm-MenuBar-itemLabel, .lm-Menu-itemLabel"
                self.page.locator(label).filter(has_text=re.compile(f"^{item}$")).first.click()
        opened.value.wait_for_event("framereceived", lambda frame: PROMPT in frame)

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).first.click()

    def type_into_terminal(self, keys: str, *, then: str = "Enter") -> None:
        self.page.locator(".jp-Terminal").click()
        self.keyboard.type(keys)
        self.keyboard.press(then)

    def new_cell(self, code: str, *, below: str) -> None:
        """A cell below the last one that holds `below`, run as it is."""
        cells = self.page.locator(".jp-Notebook .jp-Cell").filter(has_text=below)
        cells.last.click(position={"x": 100, "y": 8})
        self.keyboard.press("Escape")
        self.keyboard.press("b")
        self.keyboard.press("Enter")
        self.keyboard.insert_text(code)
        self.keyboard.press("Control+Enter")


def test_the_first_ten_minutes(notebook: Notebook) -> None:
    """Every step of the quickstart; then the network, the page and the kernel go, one by one."""
    who = Newcomer(notebook)
    page = notebook.page
    who.look("opened")
    who.run_next("from tutor_widget import TutorChat")
    chat = Chat(notebook)
    expect(chat.badge).to_have_text("Connected", timeout=30_000)
    chat.settle(1)
    who.look("the-tutor-appears")
    for count, word in ((3, "3"), (5, "hint"), (7, "skip"), (9, "lessons")):
        chat.say(word)
        chat.settle(count)
        who.look(f"says-{word}")
    chat.say("1")
    chat.settle(11)

    who.run_next('await chat.ask("hint")')
    chat.settle(13)
    who.look("asks-from-code")
    who.run_next("chat.disconnect()")
    again = Chat(notebook, 1)
    expect(again.badge).to_have_text("Disconnected")
    expect(again.messages.last.get_by_text("Queued")).to_be_visible()
    who.look("disconnects")
    who.run_next("chat.reconnect()")
    expect(chat.badge).to_have_text("Connected")
    chat.settle(15)
    who.look("comes-back")

    who.open_terminal()
    who.type_into_terminal(SERVE)
    who.tab("quickstart.ipynb")
    who.run_next("ws://127.0.0.1:8765/")
    second = Chat(notebook, 2)
    expect(second.badge).to_have_text("Connected", timeout=30_000)
    second.settle(1)
    who.look("a-second-chat")
    second.say("3")
    second.settle(3)
    who.tab("Terminal 1")
    who.look("started-a-server")
    who.type_into_terminal("", then="Control+c")
    who.tab("quickstart.ipynb")
    expect(second.badge).to_contain_text("Reconnecting")
    who.look("sees-that-it-is-gone")
    second.say("20")
    second.say("hint")
    expect(second.messages.last.get_by_text("Queued")).to_be_visible()
    who.look("types-all-the-same")
    who.tab("Terminal 1")
    who.type_into_terminal(SERVE)
    who.tab("quickstart.ipynb")
    expect(second.badge).to_contain_text("Reconnected", timeout=30_000)
    who.look("the-server-is-back")
    second.settle(7)
    who.look("and-has-answered")

    who.run_next("from tutor_widget import TutorChat")
    chat.settle(15)
    who.look("runs-the-first-cell-again")
    notebook.restart_kernel()
    expect(chat.badge).to_contain_text("has stopped")
    who.look("restarts-the-kernel")
    who.run_next("from tutor_widget import TutorChat")
    chat.settle(15)
    who.look("and-runs-the-first-cell")
    who.new_cell("chat.new()", below="What stays")
    chat.settle(1)
    who.look("starts-a-new-conversation")

    who.new_cell("import time; time.sleep(20)", below="chat.new()")
    expect(page.locator(".jp-InputPrompt", has_text="[*]")).to_have_count(1)
    chat.say("3")
    chat.settle(3)
    who.look("talks-while-a-cell-runs")
    # JupyterLab tells of its own lost connection if it notices it in so short a time.
    told = page.get_by_role("dialog").get_by_role("button", name="Close")
    page.add_locator_handler(told, lambda close: close.click())
    page.context.set_offline(True)
    chat.say("20")
    expect(chat.badge).to_contain_text("You are offline")
    who.look("without-a-network")
    page.context.set_offline(False)
    chat.settle(5, seconds=60)
    who.look("with-a-network-again")
    chat.composer.fill("a draft")
    who.keyboard.press("Control+s")
    notebook.wait_until_saved()
    page.reload()
    notebook.wait_until_idle()
    expect(chat.badge).to_be_visible()
    who.look("loads-the-page-anew")
    who.new_cell("import os; os._exit(1)", below="time.sleep(20)")
    expect(page.get_by_role("dialog")).to_be_visible(timeout=30_000)
    who.look("the-kernel-dies")
    page.get_by_role("dialog").get_by_role("button").last.click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    who.look("a-kernel-that-died")
