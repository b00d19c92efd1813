"""A notebook that a program executes, as nbclient and papermill do, holds the conversation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.browser.chat import chat_cell
from tests.support.kernels import Kernel, environment
from tests.support.servers.processes import Tutor

KERNELS = Path(sys.prefix) / "kernels"
STATE = "application/vnd.jupyter.widget-state+json"


def notebook_of(*cells: str) -> Any:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


def histories(notebook: Any) -> list[list[str]]:
    """The texts of each chat whose state is stored."""
    states = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {}).values()
    chats = [model["state"] for model in states if "history" in model["state"]]
    return [[item["text"] for item in chat["history"]] for chat in chats]


@pytest.fixture
def execute(tmp_path: Path) -> Callable[..., Any]:
    """Execute a notebook of these cells as papermill does; the notebook then."""

    def run(*cells: str, path: str = "") -> Any:
        home = environment(tmp_path)
        home["PYTHONPATH"] = os.pathsep.join(filter(None, (path, home["PYTHONPATH"])))
        client = NotebookClient(notebook_of(*cells), timeout=60, kernel_name="python3")
        return client.execute(env=home)

    return run


@pytest.mark.parametrize("kernel", ["", "6.29", "7.0"])
def test_the_conversation_is_stored_as_it_stood_at_the_end(
    execute: Callable[..., Any], start_tutor: Callable[..., Tutor], kernel: str
) -> None:
    """As widget state, and as text and HTML in the output of the chat, whatever ipykernel."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    ask = ("await chat.ask('one **two**')", "chat.ask_blocking('three')")
    notebook = execute(chat_cell(tutor.url), *ask, path=str(KERNELS / kernel) if kernel else "")
    assert histories(notebook) == [["one **two**", "one **two**", "three", "three"]]
    (output,) = notebook.cells[0].outputs
    assert output.data["text/html"].count("<article") == 4
    assert "one <strong>two</strong>" in output.data["text/html"]
    assert output.data["text/plain"].startswith(
        f"TutorChat(127.0.0.1:{tutor.port}, connected)\nYou, "
    )
    assert "application/vnd.jupyter.widget-view+json" in output.data


def test_every_output_of_a_chat_is_up_to_date_and_a_box_too(
    execute: Callable[..., Any], start_tutor: Callable[..., Tutor]
) -> None:
    """Displayed twice, the second time in a box."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    box = "from ipywidgets import HBox\ndisplay(chat)\nHBox([chat])"
    notebook = execute(chat_cell(tutor.url), box, "await chat.ask('hello')")
    assert histories(notebook) == [["hello", "hello"]]
    texts = [o.data["text/plain"] for cell in notebook.cells[:2] for o in cell.outputs]
    assert [": hello\n" in text for text in texts] == [True, True, False]


def test_a_terminal_prints_a_chat_once(tmp_path: Path, start_tutor: Callable[..., Tutor]) -> None:
    """It cannot replace what it printed, so what is said later is not printed below other cells."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    cells = (chat_cell(tutor.url), "_ = chat.ask_blocking('hello')", "1 + 1")
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--no-confirm-exit"],
        input="\n".join(cell.replace("\n", "; ") for cell in cells) + "\n",
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "]: 2\n" in done.stdout
    assert done.stdout.count("TutorChat(") == 1


def test_what_is_not_to_be_saved_is_nowhere_in_the_notebook(
    execute: Callable[..., Any], start_tutor: Callable[..., Tutor]
) -> None:
    """`save=False`: neither in the state nor in an output, though it was shown again."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    chat = chat_cell(tutor.url).replace('test")', 'test", save=False)')
    notebook = execute(chat, "_ = await chat.ask('a sec' + 'ret')", "chat")
    assert "save=False" in chat
    assert histories(notebook) == [[]]
    assert "a secret" not in json.dumps(notebook)


def test_nbconvert_executes_it_and_makes_a_page(
    start_tutor: Callable[..., Tutor], tmp_path: Path
) -> None:
    """`jupyter nbconvert --execute`: the page has the conversation, and its viewer."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    path = tmp_path / "executed.ipynb"
    nbformat.write(notebook_of(chat_cell(tutor.url), "await chat.ask('hello')"), path)
    convert = [sys.executable, "-m", "nbconvert", "--execute", "--to", "html", str(path)]
    subprocess.run(convert, check=True, capture_output=True, env=environment(tmp_path))
    page = path.with_suffix(".html").read_text("utf-8")
    state = page.partition('<script type="application/vnd.jupyter.widget-state+json">')[2]
    states = json.loads(state.partition("</script>")[0])["state"].values()
    (chat,) = [model["state"] for model in states if "history" in model["state"]]
    assert [item["text"] for item in chat["history"]] == ["hello", "hello"]
    assert "application/vnd.jupyter.widget-view+json" in page


def updates(kernel: Kernel) -> list[dict[str, Any]]:
    """The whole histories that were sent so far."""
    data = [content.get("data", {}) for content in kernel.comm]
    states = [each["state"] for each in data if each.get("method") == "update"]
    return [state for state in states if "history" in state]


def test_only_what_changed_is_sent_and_nothing_once_there_is_a_page(
    start_kernel: Callable[[], Kernel], start_tutor: Callable[..., Tutor]
) -> None:
    """A cell that says nothing sends nothing; a page follows by changes."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    kernel = start_kernel()
    kernel.run(chat_cell(tutor.url))
    kernel.run("_ = await chat.ask('hello')")
    kernel.run("own = 1")  # that there is a cell to share is the last change
    before = len(updates(kernel))
    kernel.run("pass", own=False)
    assert len(updates(kernel)) == before
    assert len(updates(kernel)[-1]["history"]) == 2
    kernel.ask("view", view="v1", shown=True, n=updates(kernel)[-1]["_n"])
    before = len(updates(kernel))
    kernel.run("_ = await chat.ask('again')")
    kernel.run("pass")
    assert len(updates(kernel)) == before
