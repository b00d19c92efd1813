"""Between the page and the kernel: a forged message."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.jupyter import Notebook
from tests.support.servers.processes import Tutor


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
