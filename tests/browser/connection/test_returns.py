"""Every view of a chat, every way back to it: nothing doubled, nothing stale, the draft kept."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.jupyter import Notebook
from tests.support.servers.processes import Tutor

pytestmark = pytest.mark.timeout(300)

SESSION = "a-session-with-many-views"
STOPPED = "The notebook’s kernel has stopped. Run this cell again to go on."
SAVED = "A saved conversation. Run this cell to go on."


def metric(tutor: Tutor, name: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{tutor.port}/metrics", timeout=20) as page:
        lines = page.read().decode().splitlines()
    (total,) = [line for line in lines if line.startswith(f"{name} ")]
    return int(float(total.split()[1]))


def opened(tutor: Tutor) -> int:
    """How many connections the server has welcomed so far."""
    return metric(tutor, "tutor_opened_total")


def connections(tutor: Tutor) -> int:
    """How many are open now."""
    return metric(tutor, "tutor_connections")


def test_all_views_show_the_same(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor], tmp_path: Path
) -> None:
    """Twice in a notebook, in two tabs, one of them opened and one reloaded in mid-reply."""
    tutor = start_tutor("--tutor=tests.support.servers.tutors:Until")
    enough = tmp_path / "enough"
    views = "print(len(chat._chat.page._views))"
    notebook = open_notebook(chat_cell(tutor.url, SESSION), "chat", views)
    notebook.run(0)
    notebook.run(1)
    notebook.save()
    one, two = Chat(notebook), Chat(notebook, 1)
    one.composer.fill("one draft for both")
    expect(two.composer).to_have_value("one draft for both")
    one.say(str(enough))
    expect(two.composer).to_have_value("")
    expect(two.messages.last).to_contain_text("word003")
    tab = notebook.another_tab()
    three, four = Chat(tab), Chat(tab, 1)
    three.composer.fill("another tab's draft")
    expect(three.messages.last).to_have_attribute("data-state", "streaming")
    expect(three.messages.last).to_contain_text("word")
    two.composer.fill("kept over the reload")
    # What a page says with its last breath need not get through: here it says it before.
    notebook.page.evaluate("dispatchEvent(new Event('pagehide'))")
    expect(one.composer).to_be_visible()
    assert notebook.run(2) == "2"
    notebook.open()
    expect(one.messages.last).to_have_attribute("data-state", "streaming")
    enough.touch()
    for chat in (one, two, three, four):
        chat.settle(2)
        assert chat.texts() == [event.text.strip() for event in tutor.events(SESSION)]
    expect(one.composer).to_have_value("kept over the reload")
    expect(two.composer).to_have_value("kept over the reload")
    expect(four.composer).to_have_value("another tab's draft")
    three.say(str(enough))
    for chat in (one, two, three, four):
        chat.settle(4)
        assert chat.ids() == [event.id for event in tutor.events(SESSION)]
    notebook.screenshot("two-views")
    assert notebook.run(2) == "4"
    tab.page.evaluate("dispatchEvent(new Event('pagehide'))")
    while notebook.run(2) != "2":  # the kernel learns which views are gone, between two cells
        notebook.page.wait_for_timeout(100)
    while connections(tutor) != 1:  # those of `tutor.events` end a moment later
        notebook.page.wait_for_timeout(100)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_cell_run_again_and_again_leaves_one_chat(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """One connection, one instance, one journal; models that no page shows get no message."""
    tutor = start_tutor("--tutor=echo", "--pace=100")
    text = " ".join(f"word{n:03}" for n in range(40))
    notebook = open_notebook(
        chat_cell(tutor.url, SESSION),
        "print(chat._client.session.instance)",
        "from tutor_widget.client.storage.folders import data_folder\n"
        "print(len(list((data_folder() / 'outbox').iterdir())))",
        "chat.comm.comm_id",
    )
    notebook.run(0)
    instance = notebook.run(1)
    chat = Chat(notebook)
    chat.composer.fill("a draft")
    for _ in range(100):
        notebook.run(0)
    for _ in range(5):  # faster than its views can be drawn
        notebook.start(0)
    notebook.run(1)
    expect(chat.badge).to_have_text("Connected")
    expect(chat.composer).to_have_value("a draft")
    expect(notebook.page.get_by_test_id("composer")).to_have_count(1)
    assert notebook.run(1) == instance
    assert opened(tutor) == 1

    shown = notebook.run(3).strip("'")
    told = len(notebook.traffic.messages)
    chat.say(text)
    chat.settle(2)
    tutor.kill()
    expect(chat.badge).to_contain_text("Reconnecting")
    for event in ("new Event('online')", "new Event('offline')", "new Event('online')"):
        notebook.page.evaluate(f"window.dispatchEvent({event})")
    notebook.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    tutor.start()
    expect(chat.badge).to_have_text("Connected")
    chat.say("last")
    chat.settle(4)
    comm = [m for m in notebook.traffic.messages[told:] if m.type == "comm_msg"]
    assert {m.content["comm_id"] for m in comm} == {shown}
    assert int(notebook.run(2)) <= 1
    print(f"{len(comm)} messages, all of the chat that is shown, after 100 runs and 5 at once")


@pytest.mark.parametrize(
    ("kernel", "saved"),
    [
        ("fresh", True),
        pytest.param("running", False, marks=pytest.mark.slow),
        pytest.param("running", True, marks=pytest.mark.slow),
        pytest.param("fresh", False, marks=pytest.mark.slow),
        pytest.param("none", True, marks=pytest.mark.slow),
        pytest.param("none", False, marks=pytest.mark.slow),
    ],
)
def test_a_notebook_reopened(
    open_notebook: Callable[..., Notebook],
    start_tutor: Callable[..., Tutor],
    save_widgets: Callable[[Notebook], None],
    kernel: str,
    saved: bool,
) -> None:
    """A running kernel goes on; else a saved chat says so, until the cell is run again.

    ``saved``: whether Jupyter's own setting saves widgets.
    """
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(chat_cell(tutor.url, SESSION))
    notebook.run(0)
    chat = Chat(notebook)
    chat.say("before")
    chat.settle(2)
    chat.composer.fill("a draft")
    if saved:
        save_widgets(notebook)
    content = notebook.save()
    assert "widgets" in content["metadata"]
    if kernel == "fresh":
        notebook.lab.renew_kernel(notebook.path)
    tutor.fill(SESSION, ["meanwhile"])
    if kernel == "none":
        notebook.lab.end_kernels(notebook.path)
        notebook.open_without_kernel()
    else:
        notebook.open()
    if kernel == "running":
        chat.settle(4)
        expect(chat.composer).to_have_value("a draft")
        expect(chat.badge).to_have_text("Connected")
        chat.say("after")
        chat.settle(6)
        notebook.lab.end_kernels(notebook.path)
        expect(chat.badge).to_have_text(STOPPED)
    elif kernel == "fresh":
        expect(chat.badge).to_have_text(SAVED)
        expect(chat.root.locator("p.saved")).to_have_text(SAVED)
        expect(chat.composer).to_have_count(0)
        chat.settle(2)
        notebook.picture(chat.root, f"saved-{kernel}")
        assert "Connected" not in [words for _, words in notebook.spoken()]
    else:  # JupyterLab itself shows no widget, and says so
        expect(notebook.cell(0).locator(".jp-OutputArea-output")).to_contain_text("Loading widget")
        expect(chat.root).to_have_count(0)
    if kernel == "fresh":
        notebook.run(0)
        chat.settle(4)
        expect(chat.badge).to_have_text("Connected")
        expect(chat.composer).to_have_value("a draft")
    assert opened(tutor) <= 4
