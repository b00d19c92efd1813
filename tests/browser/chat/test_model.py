"""A tutor with a language model, in JupyterLab: what is shown, spoken, stored and saved of that."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.jupyter import Notebook
from tests.support.servers.processes import Tutor

NAME = "Answers are written by an AI and can be wrong"
FIFTH = "A fifth of today’s questions is left."
USED_UP = re.compile(r"Today’s questions are used up; it goes on at \d\d:\d\d\.")


def test_an_ai_and_its_budget_are_told_wherever_the_conversation_goes(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """In the header and the menu, aloud twice; in exported files; in the notebook the next day."""
    tutor = start_tutor("--tutor=tests.support.servers.tutors:Counted", "--pace=0")
    export = "[chat.export(f'talk.{end}') for end in ('md', 'html', 'json')] and None"
    notebook = open_notebook(chat_cell(tutor.url), export)
    notebook.run(0)
    chat = Chat(notebook)
    header = chat.root.locator("header")
    expect(chat.badge).to_have_text("Connected")
    expect(header.get_by_role("img", name=NAME)).to_be_hidden()
    steps: dict[str, str | re.Pattern[str]] = {
        "0.5": "",
        "0.2": FIFTH,
        "0.1": "A tenth",
        "0": USED_UP,
    }
    for count, (left, words) in enumerate(steps.items(), 1):
        chat.say(left)
        chat.settle(2 * count)
        expect(header).to_contain_text(words)
        expect(header.get_by_role("img", name=NAME)).to_be_visible()
    told = [words for _, words in notebook.spoken() if "questions" in words]
    assert told[0] == FIFTH
    assert len(told) == 2
    assert USED_UP.fullmatch(told[1])

    chat.root.get_by_role("button", name="More").click()
    expect(chat.root.get_by_text("An AI, a language model, reads")).to_be_visible()
    expect(chat.root.get_by_text("Saving the notebook stores the newest")).to_be_visible()
    expect(chat.root.get_by_text("a tutoring program")).to_be_hidden()
    chat.root.get_by_role("button", name="More").click()

    notebook.run(1)
    folder = Path(notebook.path).parent
    for end in ("md", "html"):
        assert (folder / f"talk.{end}").read_text("utf-8").count(f"{NAME}.") == 1
    assert json.loads((folder / "talk.json").read_text("utf-8"))["ai"] is True

    notebook.save()
    notebook.wait_until_saved()
    notebook.lab.renew_kernel(notebook.path)
    notebook.open()
    expect(chat.badge).to_have_text("A saved conversation. Run this cell to go on.")
    expect(header.get_by_text(f"{NAME}.")).to_be_visible()
    notebook.picture(chat.root, "stored-model")
