"""A saved notebook holds its chats, and shows them without their kernel."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.jupyter import Notebook, Notebook7
from tests.support.browser.stored import chats, states
from tests.support.servers.processes import Tutor
from tests.support.stores import fill

pytestmark = pytest.mark.timeout(300)

SAVED = "A saved conversation. Run this cell to go on."
SESSION = "a-conversation-that-is-stored"
SLIDER = "from ipywidgets import IntSlider\nIntSlider(value=7)"


def is_dirty(notebook: Notebook) -> bool:
    return bool(notebook.page.evaluate("jupyterapp.shell.currentWidget.context.model.dirty"))


@pytest.mark.parametrize("host", [Notebook, pytest.param(Notebook7, marks=pytest.mark.slow)])
def test_a_notebook_shows_its_chat_the_next_day(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor], host: type[Notebook]
) -> None:
    """Without its kernel: what was said, and the badge. Opening changes nothing; a save keeps it,
    unless its output was cleared; the cell run again goes on."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(chat_cell(tutor.url, SESSION), host=host)
    notebook.run(0)
    chat = Chat(notebook)
    chat.say("kept **words**\n\n```python\nfor i in range(3):\n    print(i)\n```")
    chat.settle(2)
    content = notebook.save()
    notebook.wait_until_saved()
    assert len(chats(content)) == 1
    expect(chat.composer).to_be_visible()
    before = notebook.path.read_bytes()
    notebook.lab.renew_kernel(notebook.path)
    notebook.open()
    expect(chat.badge).to_have_text(SAVED)
    expect(chat.root.locator("p.saved")).to_have_text(SAVED)
    chat.settle(2)
    expect(chat.composer).to_have_count(0)
    expect(chat.messages.last.locator(".body strong")).to_have_text("words")
    notebook.picture(chat.root, f"stored-{host.__name__}")
    assert not is_dirty(notebook)
    assert notebook.path.read_bytes() == before
    assert chats(notebook.save()) == chats(content)
    notebook.run(0)
    chat.settle(2)
    expect(chat.badge).to_have_text("Connected")
    again = notebook.save()
    assert len(chats(again)) == 1
    assert states(again).keys() != states(content).keys()


@pytest.mark.slow
def test_cleared_outputs_leave_nothing(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """Also in a notebook whose kernel is gone: the conversation is in the file no more."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(chat_cell(tutor.url, SESSION))
    notebook.run(0)
    chat = Chat(notebook)
    chat.say("between us")
    chat.settle(2)
    notebook.save()
    assert b"between us" in notebook.path.read_bytes()
    notebook.lab.renew_kernel(notebook.path)
    notebook.open()
    expect(chat.badge).to_have_text(SAVED)
    notebook.page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    content = notebook.save()
    assert "widgets" not in content["metadata"]
    assert b"between us" not in notebook.path.read_bytes()


def test_a_cell_run_again_leaves_one_chat_in_the_file(
    open_notebook: Callable[..., Notebook],
    start_tutor: Callable[..., Tutor],
    save_widgets: Callable[[Notebook], None],
) -> None:
    """Of 5,000 messages and ten runs at most 200 KB; other widgets as Jupyter's setting says."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    fill(tutor.database, SESSION, [f"message {n:04} {'long ' * 30}" for n in range(2_500)])
    notebook = open_notebook(chat_cell(tutor.url, SESSION), SLIDER)
    notebook.run(1)
    for _ in range(10):
        notebook.run(0)
    chat = Chat(notebook)
    expect(chat.badge).to_have_text("Connected")
    expect(chat.message("message 2499").last).to_be_visible()
    for setting in (False, True):
        if setting:
            save_widgets(notebook)
        content = notebook.save()
        (stored,) = chats(content)
        assert len(stored["_esm"]) < 10_000
        assert stored["saved_conversation"]["html"].count("<article") == 100
        kinds = [model["model_name"] for model in states(content).values()]
        assert kinds.count("IntSliderModel") == setting
        others = len(json.dumps([s for s in states(content).values() if s["state"] is not stored]))
        size = notebook.path.stat().st_size - others
        print(f"{size} bytes with 5,000 messages")
        assert size <= 200_000


def test_what_is_not_to_be_saved_is_not(
    open_notebook: Callable[..., Notebook],
    start_tutor: Callable[..., Tutor],
    save_widgets: Callable[[Notebook], None],
) -> None:
    """`save=False`, whatever Jupyter's own setting; the menu says so."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    chat_of = chat_cell(tutor.url, SESSION).replace('")', '", save=False)')
    notebook = open_notebook(chat_of, "chat")
    save_widgets(notebook)
    notebook.run(0)
    chat = Chat(notebook)
    chat.say("between us")
    chat.settle(2)
    notebook.run(1)
    chat.root.get_by_role("button", name="More").click()
    expect(chat.root.get_by_text("Nothing of this conversation is stored")).to_be_visible()
    assert chats(notebook.save()) == []
    assert b"between us" not in notebook.path.read_bytes()


HOSTILE = """
<script>window.pwned = 1</script><img src=x onerror="window.pwned = 1">
<svg onload="window.pwned = 1"></svg><iframe srcdoc="<script>parent.pwned = 1</script>"></iframe>
<a href="javascript:window.pwned = 1">a link</a><style>body { display: none }</style>
<article class="tutor"><h2>Tutor</h2><div>still <em>here</em></div></article>
"""


def test_a_foreign_notebook_runs_nothing(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """What it has stored as a conversation is shown as text and known elements."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(chat_cell(tutor.url, SESSION))
    notebook.run(0)
    chat = Chat(notebook)
    expect(chat.badge).to_have_text("Connected")
    content = notebook.save()
    (stored,) = chats(content)
    stored["saved_conversation"] |= {"html": HOSTILE, "title": "<img src=x onerror=pwned=1>"}
    notebook.path.write_text(json.dumps(content))
    trust = [sys.executable, "-m", "nbformat.sign", str(notebook.path)]
    subprocess.run(trust, check=True, env=notebook.lab.environment, capture_output=True)
    notebook.lab.renew_kernel(notebook.path)
    notebook.open()
    chat.settle(1)
    expect(chat.messages.locator("em")).to_have_text("here")
    link = chat.root.get_by_text("a link")
    link.click()
    expect(
        chat.root.locator("img, script, iframe, svg[onload], style + style, a[href]")
    ).to_have_count(0)
    assert notebook.page.evaluate("window.pwned") is None
    notebook.screenshot("stored-hostile")
