"""The conversation leaves the notebook: by the menu, and by nbconvert."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser.axe import faults_of_page
from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.jupyter import Notebook
from tests.support.servers.processes import Tutor
from tests.support.stores import fill
from tutor_widget import Conversation

SESSION = "a-conversation-to-keep"


def test_the_menu_saves_all_of_it(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor], tmp_path: Path
) -> None:
    """As a web page, Markdown and JSON, in pieces over the comm; what was never shown, too."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    fill(tutor.database, SESSION, [f"message {n:03} {'long ' * 200}" for n in range(270)])
    notebook = open_notebook(chat_cell(tutor.url, SESSION))
    notebook.run(0)
    chat = Chat(notebook)
    expect(chat.badge).to_have_text("Connected")
    chat.settle(500)
    shown = chat.messages.count()
    more = chat.root.get_by_role("button", name="More")
    more.click()
    notebook.picture(chat.root, "menu")
    saved = {}
    for label in ("Web page", "Markdown", "JSON"):
        with notebook.page.expect_download() as download:
            chat.root.get_by_role("button", name=label).click()
        saved[label] = tmp_path / download.value.suggested_filename
        download.value.save_as(saved[label])
        expect(chat.root.get_by_role("button", name=label)).to_be_visible()
    assert re.fullmatch(r"Tutor chat – Conversation, \d{4}-\d\d-\d\d.json", saved["JSON"].name)
    assert chat.messages.count() == shown  # what was read for the file is not shown
    loaded = Conversation.load(saved["JSON"])
    assert [event.seq for event in loaded.events] == list(range(1, 541))
    assert saved["Markdown"].read_text("utf-8").count("## You, ") == 270
    assert saved["Web page"].read_text("utf-8").count("<article") == 540


def test_the_page_can_be_read(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor], tmp_path: Path
) -> None:
    """Its parts have their roles, what is too wide scrolls, and axe-core finds no fault."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    path = tmp_path / "page.html"
    notebook = open_notebook(chat_cell(tutor.url), f"chat.export({str(path)!r})")
    notebook.run(0)
    chat = Chat(notebook)
    code = f"```python\nx = '{'long ' * 80}'\n```"
    chat.say(f"# Title\n\n{code}\n\n|{' a |' * 60}\n|{'---|' * 60}\n|{' 1 |' * 60}\n\n$x_1$")
    chat.settle(2)
    notebook.run(1)
    page = notebook.page
    page.goto(path.as_uri())
    expect(page).to_have_title(re.compile("^Tutor chat – Conversation, "))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("article")).to_have_count(2)
    expect(page.get_by_role("heading", level=1)).to_have_text("Tutor chat – Conversation")
    expect(page.get_by_role("table")).to_have_count(1)  # what a learner typed stays as typed
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for width in (320, 1000):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate(overflow) == 0
        assert faults_of_page(page) == []
        notebook.screenshot(f"page-{width}")


@pytest.mark.slow
def test_nbconvert_shows_what_was_said(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """As it stood when the notebook was saved, though its cells ran before: as a widget, or as HTML
    in a page that is made without widgets."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(chat_cell(tutor.url))
    notebook.run(0)
    chat = Chat(notebook)
    chat.say("kept *words* <script>alert(1)</script>")
    chat.settle(2)
    chat.composer.fill("a draft")
    notebook.save()
    notebook.wait_until_saved()
    # The output in the file is another, and on the screen nothing was drawn anew.
    expect(chat.composer).to_be_focused()
    expect(notebook.page.get_by_text("This is how the conversation stood")).to_have_count(0)
    page, cleared, markdown = converted(notebook.path)
    assert "application/vnd.jupyter.widget-view+json" in page
    stored = page.partition("saved_conversation")[2].partition("</script>")[0]
    assert "kept " in stored
    assert "words" in stored
    assert "This is how the conversation stood when the notebook was saved." in cleared
    assert "kept <em>words</em>" in cleared
    assert "<script>alert(1)" not in cleared
    assert not re.search("<h[1-6][^>]*>(?:<strong>)?You", cleared)
    assert "kept <em>words</em>" in markdown


CONVERT = """
import sys
from nbconvert import HTMLExporter, MarkdownExporter

path = sys.argv[1]
exporters = {
    "widgets": HTMLExporter(),
    "cleared": HTMLExporter(config={"ClearMetadataPreprocessor": {"enabled": True}}),
    "markdown": MarkdownExporter(),
}
for name, exporter in exporters.items():
    text, _ = exporter.from_filename(path)
    with open(f"{path}.{name}", "w", encoding="utf-8") as file:
        file.write(text)
"""


def converted(notebook: Path) -> list[str]:
    """What nbconvert makes of a notebook: HTML with its widgets, without its metadata, Markdown."""
    # One process for all three: it takes longer to start than to convert.
    subprocess.run([sys.executable, "-c", CONVERT, str(notebook)], check=True, capture_output=True)
    kinds = ("widgets", "cleared", "markdown")
    return [Path(f"{notebook}.{kind}").read_text("utf-8") for kind in kinds]
