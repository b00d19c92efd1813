"""What the chat can do, on a telephone, a laptop and a very wide screen, light and dark.

`python3 dev.py shots` runs it after the other pictures; these are in test-results/widths/. They are
there to be looked at: is anything cut off, too wide, hard to read, out of line?
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.harness import CONVERSATION, NOW, STATES, Harness, State, traits
from tests.support.browser.jupyter import Notebook
from tests.support.servers.processes import Tutor

PICTURES: Final = Path("test-results") / "widths"
WIDTHS: Final = {360: 780, 1366: 768, 2560: 1440}
"""Width and height of the window, in px."""

pytestmark = pytest.mark.timeout(600)

Stage = Callable[[Harness], None]


def said(seq: int, role: str, text: str, **more: Any) -> dict[str, Any]:
    event = {"seq": seq, "id": f"m{seq}", "role": role, "text": text, "at": NOW - 60_000}
    return {**event, "status": "complete", **more}


CODE: Final = "\n".join(f"    total_{n} = prices[{n}] * (1 + rate)" for n in range(1, 21))
LETTER: Final = "\n".join(
    f"{n}. I do not see why the index of the first value is not one, when I count from one."
    for n in range(1, 21)
)
PROSE: Final = "Indexes start at zero, so the first value of a list has the index zero. " * 5
WITH_CODE: Final = (
    "A loop visits each value:\n\n```python\nfor colour in colours:\n    print(colour)\n```\n\n"
    "| index | value |\n|---|---|\n| 0 | red |\n\n$$\\sum_{i=0}^{n-1} a_i$$\n\n"
    "What is `colours[0]`?"
)
CHOICES: Final = ["`red`", "`green`", "An error", "It prints the whole list, with its brackets"]
BROKEN: Final = [
    said(1, "learner", "What is a list?"),
    said(2, "tutor", "A list is", re="m1", status="stopped"),
    said(3, "learner", "And a tuple?"),
    said(4, "tutor", "", re="m3", status="failed"),
    said(5, "learner", "And a set?"),
    said(6, "tutor", "A set holds each value\n\nThe answer was cut off.", re="m5", status="failed"),
]


def show(harness: Harness, *history: dict[str, Any], **more: Any) -> Chat:
    given = {**CONVERSATION, **traits(), **more}
    if history:
        given["history"] = list(history)
    harness.show({**given, "_view": {"offers": ["report", "erase"], **more.get("_view", {})}})
    harness.rest()
    return Chat(harness)


def two_chats(harness: Harness) -> None:
    show(harness)
    harness.show({**CONVERSATION, **traits()}, beside=True)
    harness.rest()


def a_message_with_the_focus(harness: Harness) -> None:
    chat = show(harness)
    chat.transcript.focus()
    for key in ("Enter", "ArrowUp"):
        harness.page.keyboard.press(key)


def code_and_choices(harness: Harness) -> None:
    state = {**CONVERSATION["session_state"], "suggestions": CHOICES}
    show(harness, said(1, "tutor", WITH_CODE), session_state=state)


def a_chosen_height(harness: Harness) -> None:
    chat = show(harness)
    handle = chat.root.get_by_role("separator")
    handle.focus()
    for _ in range(8):
        harness.page.keyboard.press("ArrowUp")


def a_wrong_address(harness: Harness) -> None:
    show(
        harness,
        **traits(
            "failed",
            since=-5,
            code="no_tutor",
            reason="No tutor at this address (HTTP status 404).",
            advice="Check the URL: wss://hub.example.edu/services/tutor/a-long-name-of-a-course/",
            server="wss://hub.example.edu/services/tutor/a-long-name-of-a-course/2026/",
        ),
    )


def the_details_of_an_outage(harness: Harness) -> None:
    chat = show(harness, **traits("reconnecting", since=-20, attempt=3, retry_at=4))
    chat.badge.click()


def an_error(harness: Harness, *, attach: bool) -> None:
    """An earlier one went without words; the next is looked at, or attached."""
    sent = said(1, "learner", "Can you look at this error?", shared={"error": "NameError"})
    chat = show(harness, sent, _view={"error": "IndexError", "cell": True})
    chat.root.get_by_role("button", name="Last error: IndexError").click()
    expect(chat.root.get_by_role("dialog")).to_be_visible()
    if attach:
        chat.root.get_by_role("button", name="Attach").click()


def long_pastes(harness: Harness, *, whole: bool) -> None:
    chat = show(harness, said(1, "learner", CODE), said(2, "learner", LETTER))
    for opener in chat.root.get_by_role("button", name="Show all 20 lines").all()[::-1]:
        if whole:
            opener.click()


def prose(harness: Harness) -> None:
    show(harness, said(1, "learner", PROSE), said(2, "tutor", f"{PROSE}\n\n- {PROSE}\n\n> {PROSE}"))


def a_long_reply(harness: Harness) -> None:
    show(harness, *[said(n, "tutor", PROSE) for n in range(1, 5)])
    question = said(20, "learner", "Why do they begin at 0?", id="q")
    harness.change({"events": [question], "reply": {"re": "q", "id": "r", "from": 0, "text": ""}})
    harness.change({"reply": {"from": 0, "text": f"{PROSE}\n\n" * 12}})
    harness.rest()


def tools(harness: Harness, *, menu: bool) -> None:
    chat = show(harness)
    if menu:
        chat.messages.nth(1).get_by_role("button", name="Actions").click()
    else:
        chat.messages.nth(1).hover()


def a_report(harness: Harness) -> None:
    chat = show(harness)
    chat.messages.last.get_by_role("button", name="Actions").click()
    chat.root.get_by_role("button", name="Report this answer").click()
    expect(chat.root.get_by_role("textbox").first).to_be_visible()


def broken(harness: Harness) -> None:
    show(harness, *BROKEN)


def the_menu(harness: Harness) -> None:
    chat = show(harness)
    chat.root.get_by_role("button", name="More").click()
    expect(chat.root.get_by_role("button", name="New conversation…")).to_be_visible()


def floating(harness: Harness) -> None:
    the_menu(harness)
    Chat(harness).root.get_by_role("button", name="Float at the lower right").click()
    expect(harness.page.locator("[data-floating] textarea")).to_be_focused()


def unread(harness: Harness) -> None:
    chat = show(harness, *[said(n, "tutor", PROSE) for n in range(1, 8)])
    chat.transcript.evaluate("log => log.scrollTo(0, 0)")
    expect(chat.root.locator("button.jump")).to_be_visible()
    harness.change({"events": [said(n, "tutor", "News.") for n in (9, 10)]})
    expect(chat.root.locator("button.jump")).to_contain_text("2 new messages")


STAGES: Final[dict[str, Stage]] = {
    "two-chats": two_chats,
    "focus": a_message_with_the_focus,
    "code-and-choices": code_and_choices,
    "height": a_chosen_height,
    "wrong-address": a_wrong_address,
    "details": the_details_of_an_outage,
    "preview": partial(an_error, attach=False),
    "attached": partial(an_error, attach=True),
    "paste": partial(long_pastes, whole=False),
    "paste-whole": partial(long_pastes, whole=True),
    "prose": prose,
    "long-reply": a_long_reply,
    "tools": partial(tools, menu=False),
    "tools-menu": partial(tools, menu=True),
    "report": a_report,
    "broken": broken,
    "menu": the_menu,
    "floating": floating,
    "unread": unread,
}


IN_A_NOTEBOOK: Final = """Each value, one by one:

```python
for colour in ["red", "green"]:
    print(colour)
```
"""


def take(harness: Harness, name: str, stage: Stage) -> None:
    """Stage it anew at each width, and take it in both themes."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for width, height in WIDTHS.items():
        harness.size(width, height)
        stage(harness)
        for theme in ("light", "dark"):
            harness.theme(theme)
            path = PICTURES / f"{name}-{width}-{theme}.png"
            harness.page.screenshot(path=path, animations="disabled")


@pytest.mark.parametrize("name", STAGES)
def test_what_it_can_do(harness: Harness, name: str) -> None:
    take(harness, name, STAGES[name])


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_conversation_that_has_not_begun(harness: Harness, state: State) -> None:
    """What an empty transcript says, for each status."""
    take(harness, f"empty-{state.name}", lambda harness: state.stage(harness, {}))


def test_in_a_notebook(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """Code that can go into a cell, and has; the chat floating over the notebook."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(chat_cell(tutor.url))
    notebook.run(0)
    chat = Chat(notebook)
    chat.say(IN_A_NOTEBOOK)
    chat.settle(2)
    take_notebook(notebook, "insert")
    chat.root.get_by_role("button", name="Insert into a new cell").click()
    take_notebook(notebook, "inserted")
    chat.root.get_by_role("button", name="More").click()
    chat.root.get_by_role("button", name="Float at the lower right").click()
    expect(notebook.page.locator("[data-floating] textarea")).to_be_focused()
    take_notebook(notebook, "floating-over-cells")


def take_notebook(notebook: Notebook, name: str) -> None:
    for width, height in WIDTHS.items():
        notebook.page.set_viewport_size({"width": width, "height": height})
        for theme in ("Light", "Dark"):
            notebook.theme(f"JupyterLab {theme}")
            path = PICTURES / f"notebook-{name}-{width}-{theme.lower()}.png"
            notebook.page.screenshot(path=path, animations="disabled")
