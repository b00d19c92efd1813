"""A conversation belongs to its notebook, whatever that is called and wherever it lies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser.chat import Chat
from tests.support.browser.jupyter import Notebook, Notebook7
from tests.support.servers.processes import Tutor
from tutor_widget.client.storage.notebook_file import examine

pytestmark = pytest.mark.timeout(300)


def cell(tutor: Tutor) -> str:
    """A chat whose session is the notebook's."""
    return f"from tutor_widget import TutorChat\nTutorChat({tutor.url!r})"


def shown(notebook: Notebook) -> Chat:
    """The chat, once its cell has run and it is connected."""
    notebook.run(0)
    chat = Chat(notebook)
    expect(chat.badge).to_have_text("Connected")
    return chat


def is_marked(notebook: Notebook) -> None:
    """Wait until the page has written the notebook's id into its metadata."""
    notebook.page.wait_for_function(
        "jupyterapp.shell.currentWidget.context.model.getMetadata('tutor_widget')?.notebook"
    )


def test_a_renamed_notebook_goes_on_and_a_new_one_of_its_old_name_does_not(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """Renamed in an outage with its id unsaved, its kernel restarted, then moved while closed."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(cell(tutor), f"print(TutorChat({tutor.url!r}).session)")
    old, renamed = notebook.path, notebook.path.stem + "-renamed.ipynb"
    chat = shown(notebook)
    chat.say("mine")
    chat.settle(2)
    session = notebook.run(1)
    tutor.kill()
    expect(chat.badge).to_contain_text("Reconnecting")
    chat.say("in the outage")
    expect(chat.message("in the outage")).to_have_attribute("data-state", "queued")
    notebook.rename(renamed)
    notebook.restart_kernel()
    notebook.start(0)
    assert notebook.run(1) == session  # known before the page says it
    tutor.start()
    said = ["mine", "mine", "in the outage", "in the outage"]
    chat = shown(notebook)
    chat.settle(4)
    assert chat.texts() == said
    notebook.save()

    notebook.open_anew(notebook.lab.write(old.name, cell(tutor)))
    fresh = shown(notebook)
    fresh.say("another notebook")
    fresh.settle(2)
    assert fresh.texts() == ["another notebook"] * 2
    notebook.save()

    folder = notebook.lab.root / f"{old.stem}-folder"
    folder.mkdir()
    (notebook.lab.root / renamed).rename(folder / old.name)
    notebook.open_anew(folder / old.name)
    chat = shown(notebook)
    chat.settle(4)
    assert chat.texts() == said


_slow = pytest.mark.slow


@pytest.mark.parametrize(
    ("how", "is_saved"),
    [
        ("duplicate", True),
        pytest.param("duplicate", False, marks=_slow),
        pytest.param("save as", True, marks=_slow),
        pytest.param("save as", False, marks=_slow),
    ],
)
def test_a_copy_begins_its_own_conversation(
    open_notebook: Callable[..., Notebook],
    start_tutor: Callable[..., Tutor],
    how: str,
    is_saved: bool,
) -> None:
    """And the original keeps its, opened before the copy or after it."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(cell(tutor))
    original = notebook.path
    chat = shown(notebook)
    chat.say("the original")
    chat.settle(2)
    is_marked(notebook)
    if is_saved:
        notebook.save()
        assert examine(str(original)).id is not None
    copy = _copied(notebook, how)
    notebook.open_anew(copy)
    chat = shown(notebook)
    chat.say("the copy")
    chat.settle(2)
    assert chat.texts() == ["the copy"] * 2
    notebook.save()
    notebook.open_anew(original)
    chat = shown(notebook)
    chat.settle(2)
    assert chat.texts() == ["the original"] * 2
    notebook.open_anew(copy)
    chat = shown(notebook)
    chat.settle(2)
    assert chat.texts() == ["the copy"] * 2


def _copied(notebook: Notebook, how: str) -> Path:
    original = notebook.path
    if how == "duplicate":
        notebook.page.evaluate("jupyterapp.commands.execute('docmanager:duplicate')")
        (copy,) = original.parent.glob(f"{original.stem}-Copy*.ipynb")
        return copy
    return notebook.in_dialog("docmanager:save-as", f"{original.stem}-as.ipynb")


@pytest.mark.slow
def test_notebook_7_writes_the_id_too(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """Its widgets know the notebook as JupyterLab's do; the file has the id once it is saved."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(cell(tutor), host=Notebook7)
    shown(notebook)
    is_marked(notebook)
    notebook.save()
    assert examine(str(notebook.path)).id is not None
