"""Between the page and the kernel: a running cell, a forged message."""

from __future__ import annotations

import json
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.chat import Chat, chat_cell
from tests.browser.jupyter import Notebook
from tests.processes import Tutor


def test_a_running_cell_holds_up_nothing(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """While a cell runs for 20 s a message goes out, its reply streams in, the link stays up."""
    tutor = start_tutor("--tutor=echo", "--pace=50")
    notebook = open_notebook(
        chat_cell(tutor.url),
        "import time; time.sleep(20); print('done')",
    )
    notebook.run(0)
    chat = Chat(notebook)
    expect(chat.badge).to_have_text("Connected")
    notebook.start(1)
    running = notebook.cell(1).locator(".jp-InputPrompt")

    text = " ".join(f"word{n:02}" for n in range(60))
    chat.say(text)
    reply = chat.messages.nth(1)
    expect(reply).to_contain_text("word05")
    expect(reply).to_have_attribute("data-state", "streaming")
    expect(reply).to_contain_text("word59")
    chat.settle(2)
    expect(running).to_have_text("[*]:")
    expect(chat.badge).to_have_text("Connected")
    expect(notebook.cell(1).get_by_text("done")).to_be_visible(timeout=25_000)
    assert chat.texts() == [text, text]
    assert "Reconnecting…" not in [words for _, words in notebook.spoken()]


def test_the_page_cannot_forge_what_was_said(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """A trait update from the browser is neither taken by the kernel nor echoed to other pages."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    traits = "{name: chat.trait_values()[name] for name in ('history', 'status', 'queue')}"
    notebook = open_notebook(
        chat_cell(tutor.url),
        f"import json; print(json.dumps({traits}))",
    )
    notebook.run(0)
    chat = Chat(notebook)
    chat.say("true words")
    chat.settle(2)
    before = notebook.run(1)
    comm = next(
        message.content["comm_id"]
        for message in notebook.traffic.comm()
        if message.type == "comm_open" and "_view" in message.content["data"].get("state", {})
    )
    since = notebook.page.evaluate(
        """([id, state]) => {
          const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
          kernel._comms.get(id).send({ method: "update", state, buffer_paths: [] });
        }""",
        [comm, {"history": [], "status": "failed", "queue": [{"id": "x"}], "_n": 99}],
    )
    assert since is None
    after = notebook.run(1)
    assert json.loads(after) == json.loads(before)
    echoed = [
        message.content["data"]
        for message in notebook.traffic.comm()
        if message.content.get("data", {}).get("method") == "echo_update"
    ]
    assert echoed == []
    chat.say("more")
    chat.settle(4)
    assert chat.texts() == ["true words", "true words", "more", "more"]
