"""What is typed while a cell runs goes out at once where the platform lets it, else after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.jupyter import Lab, Notebook, Notebook7
from tests.support.browser.matrix import AFTER, AT_ONCE, FIREFOX, HOSTS, OFF, OWN, note
from tests.support.servers.processes import Tutor

SESSION = "typed-while-a-cell-runs"
PROGRAMS = {"JupyterLab": Notebook, "Notebook": Notebook7, FIREFOX: Notebook}
LONG = """
import ipykernel, pathlib, time
while not pathlib.Path("go-on").exists():
    time.sleep(0.05)
print("done with", ipykernel.__version__)
"""
"""Runs until the test lets it end."""
COLAB = """
import ipywidgets, sys, threading, types
from ipykernel.comm.comm import BaseComm

sys.modules["google.colab"] = types.ModuleType("google.colab")
publish, dropped = BaseComm.publish_msg, []

def publish_from_the_main_thread(comm, *arguments, **keywords):
    if threading.current_thread() is threading.main_thread():
        publish(comm, *arguments, **keywords)
    else:
        dropped.append(comm.comm_id)

BaseComm.publish_msg = publish_from_the_main_thread
slider = ipywidgets.IntSlider()
other = threading.Thread(target=lambda: slider.set_trait("value", 1))
other.start()
other.join()
print(dropped == [slider.comm.comm_id])
"""
"""A kernel as Colab's is reported to be, and what becomes of a widget in it."""
TEXT = " ".join(f"word{n:02}" for n in range(40))

Open = Callable[[str, str], tuple[Notebook, Chat, Tutor]]


def each(kernels: set[str], default: tuple[str, str]) -> pytest.MarkDecorator:
    """Every host with these kernels: one always, the rest with --all."""
    pairs = [(h, k) for h in PROGRAMS for k in HOSTS[h][1] if k in kernels]
    return pytest.mark.parametrize(
        ("host", "kernel"),
        [pytest.param(*p, marks=[] if p == default else pytest.mark.slow) for p in pairs],
    )


@pytest.fixture
def end_cell(lab: Lab) -> Iterator[Callable[[], None]]:
    """Let `LONG` end."""
    flag = lab.root / "go-on"
    yield flag.touch
    flag.unlink(missing_ok=True)


@pytest.fixture
def open_chat(
    lab: Lab,
    context: BrowserContext,
    open_notebook: Callable[..., Notebook],
    start_tutor: Callable[..., Tutor],
    request: pytest.FixtureRequest,
) -> Iterator[Open]:
    """A notebook of this host and kernel with a chat, connected, and a cell `LONG`."""
    with ExitStack() as settings:

        def open_chat(host: str, kernel: str) -> tuple[Notebook, Chat, Tutor]:
            tutor = start_tutor("--tutor=tests.support.servers.tutors:Held")
            if kernel == OFF:
                plugin = "@jupyterlab/apputils-extension/kernels-settings"
                settings.enter_context(lab.setting(plugin, commsOverSubshells="disabled"))
            name = "python3" if kernel in (OWN, OFF) else kernel
            cells = (chat_cell(tutor.url, SESSION), LONG)
            browser = request.getfixturevalue("firefox") if host == FIREFOX else context
            notebook = open_notebook(*cells, kernel=name, host=PROGRAMS[host], browser=browser)
            notebook.run(0)
            chat = Chat(notebook)
            expect(chat.badge).to_have_text("Connected")
            return notebook, chat, tutor

        yield open_chat


def end(notebook: Notebook, kernel: str, end_cell: Callable[[], None]) -> None:
    """Let the cell end, which says what it ran on."""
    end_cell()
    expect(notebook.cell(1)).to_contain_text(f"done with {kernel.partition(',')[0]}")


@each({"7.0", "7.2", "7.3", OWN}, default=("JupyterLab", OWN))
def test_a_running_cell_holds_up_nothing(
    open_chat: Open,
    end_cell: Callable[[], None],
    hold_replies: Callable[[str], Callable[[], None]],
    host: str,
    kernel: str,
) -> None:
    """While a cell runs a message goes out, its reply streams in, the link stays up."""
    notebook, chat, tutor = open_chat(host, kernel)
    notebook.start(1)
    running = notebook.cell(1).locator(".jp-InputPrompt")
    go_on = hold_replies("word05")
    chat.say(TEXT)
    reply = chat.messages.nth(1)
    expect(reply).to_contain_text("word05")
    expect(reply).to_have_attribute("data-state", "streaming")
    go_on()
    chat.settle(2)
    expect(running).to_have_text("[*]:")
    expect(chat.badge).to_have_text("Connected")

    end(notebook, kernel, end_cell)
    assert chat.texts() == [TEXT, TEXT]
    assert [event.text for event in tutor.events(SESSION)] == [TEXT, TEXT]
    assert "Reconnecting…" not in [words for _, words in notebook.spoken()]
    note(host, kernel, AT_ONCE)


@each({"6.29", OFF}, default=("JupyterLab", "6.29"))
def test_where_a_running_cell_is_in_the_way_it_is_said(
    open_chat: Open,
    end_cell: Callable[[], None],
    hold_replies: Callable[[str], Callable[[], None]],
    host: str,
    kernel: str,
) -> None:
    """A reply under way goes on; what is typed waits, the badge says why; then it goes out once."""
    notebook, chat, tutor = open_chat(host, kernel)
    go_on = hold_replies("word05")
    chat.say(TEXT)
    expect(chat.messages.nth(1)).to_have_attribute("data-state", "streaming")
    notebook.start(1)
    go_on()
    chat.settle(2)
    chat.say("and then?")
    expect(chat.badge).to_have_text("A cell is running. Your message goes out when it ends.")
    waiting = chat.message("and then?")
    expect(waiting).to_have_attribute("data-state", "waiting")
    assert [event.text for event in tutor.events(SESSION)] == [TEXT, TEXT]
    notebook.screenshot(f"busy-{host}-{kernel.partition(',')[0]}")

    end(notebook, kernel, end_cell)
    chat.settle(4)
    expect(chat.badge).to_have_text("Connected")
    assert [event.text for event in tutor.events(SESSION)] == [TEXT] * 2 + ["and then?"] * 2
    note(host, kernel, AFTER)


def test_where_only_the_main_thread_reaches_the_page_the_chat_does(
    open_notebook: Callable[..., Notebook],
    start_tutor: Callable[..., Tutor],
    end_cell: Callable[[], None],
    hold_replies: Callable[[str], Callable[[], None]],
) -> None:
    """Where what other threads send is dropped, as Colab is reported to do, nothing is lost."""
    tutor = start_tutor("--tutor=tests.support.servers.tutors:Held")
    cells = (COLAB, chat_cell(tutor.url, SESSION), LONG, "print(dropped == [slider.comm.comm_id])")
    notebook = open_notebook(*cells, kernel="6.29")
    assert notebook.run(0) == "True"
    notebook.run(1)
    chat = Chat(notebook)
    expect(chat.badge).to_have_text("Connected")
    go_on = hold_replies("word05")
    chat.say(TEXT)
    reply = chat.messages.nth(1)
    expect(reply).to_have_attribute("data-state", "streaming")
    expect(reply).to_contain_text("word05")
    go_on()
    chat.settle(2)
    notebook.start(2)
    chat.say("and then?")
    expect(chat.badge).to_have_text("A cell is running. Your message goes out when it ends.")
    end_cell()
    chat.settle(4)
    expect(chat.badge).to_have_text("Connected")
    assert notebook.run(3) == "True"
    assert [event.text for event in tutor.events(SESSION)] == [TEXT] * 2 + ["and then?"] * 2
