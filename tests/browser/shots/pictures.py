"""The pictures of docs/: `python3 dev.py shots` makes them anew. Look at each before it goes in.

No test by its name, so that nothing but that command runs it. What a learner meets every day is
taken in a real JupyterLab, on a real lesson; what is hard to hold still, from the harness.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.harness import (
    CONVERSATION,
    EVERYTHING,
    MODEL_STATES,
    STATES,
    Harness,
    State,
)
from tests.support.browser.jupyter import Notebook
from tests.support.servers.processes import Tutor

THEMES: Final = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
IN_JUPYTERLAB: Final = {"connected", "queued", "reconnected", "stopped", "fatal", "closed"}
NARROW_WITH_A_MODEL: Final = {"ai", "used-up", "in-line", "cut-off"}
NARROW_AND_DARK: Final = {"queued", "stopped", "fatal"}


@pytest.fixture
def pictures(request: pytest.FixtureRequest) -> Path:
    folder = Path(request.config.getoption("--screenshots") or "test-results")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def take(notebook: Notebook, chat: Chat, name: str) -> None:
    """The chat in both themes, as it is now."""
    for theme, known in THEMES.items():
        notebook.theme(known)
        leave_alone(chat)
        notebook.picture(chat.root, f"{name}-{theme}")
    notebook.theme(THEMES["light"])


def leave_alone(chat: Chat) -> None:
    """Neither the focus nor the mouse is in it."""
    chat.root.evaluate("root => root.getRootNode().activeElement?.blur()")
    chat.root.page.mouse.move(0, 0)


def low(chat: Chat) -> None:
    """The learner has drawn the transcript low: what matters is around it."""
    chat.transcript.evaluate("log => { log.style.height = '240px'; log.scrollTo(0, 1e6); }")


def begin(notebook: Notebook) -> Chat:
    """The first lesson, with its first question answered and a first try at the second."""
    notebook.run(0)
    chat = Chat(notebook)
    chat.settle(1)
    for count, answer in ((3, "3"), (5, "10")):
        chat.say(answer)
        chat.settle(count)
    return chat


def test_a_lesson_in_jupyterlab(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """The README's picture; a reply as it comes; an outage, a message that waits, the return."""
    tutor = start_tutor("--tutor=lesson", "--pace=0")
    slow = start_tutor("--tutor=lesson", "--pace=20")
    notebook = open_notebook(chat_cell(tutor.url), "chat.disconnect()", chat_cell(slow.url, "slow"))
    chat = begin(notebook)
    take(notebook, chat, "chat")
    low(chat)
    take(notebook, chat, "connected")

    chat.badge.click()
    take(notebook, chat, "details")
    chat.root.get_by_role("button", name="More").click()
    expect(chat.root.get_by_role("button", name="New conversation…")).to_be_visible()
    take(notebook, chat, "menu")
    chat.root.get_by_role("button", name="More").click()

    tutor.kill()
    expect(chat.badge).to_contain_text("Reconnecting")
    chat.say("20")
    chat.say("And why do they begin at 0?")
    expect(chat.messages.last.get_by_text("Queued")).to_be_visible()
    take(notebook, chat, "queued")
    for theme, known in THEMES.items():
        notebook.theme(known)
        tutor.start()
        expect(chat.badge).to_contain_text("Reconnected, ")
        leave_alone(chat)
        notebook.picture(chat.root, f"reconnected-{theme}")
        chat.settle(len(chat.messages.all()) // 2 * 2 + 1)
        expect(chat.badge).to_have_text("Connected")
        tutor.kill()
        expect(chat.badge).to_contain_text("Reconnecting")
        chat.say("skip")
    tutor.start()
    expect(chat.badge).to_have_text("Connected")
    notebook.run(1)
    expect(chat.badge).to_have_text("Disconnected")
    take(notebook, chat, "closed")

    notebook.run(2)
    chat = Chat(notebook, 1)
    chat.settle(1)
    low(chat)
    chat.say("hint")
    chat.settle(3)
    chat.say("3")
    expect(chat.messages.last).to_have_attribute("data-state", "streaming")
    expect(chat.messages.last).to_contain_text("is 3")
    take(notebook, chat, "streaming")


def test_endings_in_jupyterlab(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """An address that leads nowhere, and a kernel that has stopped."""
    tutor = start_tutor("--tutor=lesson", "--pace=0")
    notebook = open_notebook(chat_cell(tutor.url), chat_cell(f"{tutor.url}tutors/", "nowhere"))
    chat = begin(notebook)
    notebook.run(1)
    fatal = Chat(notebook, 1)
    expect(fatal.badge).to_contain_text("No tutor at this address")
    low(fatal)
    take(notebook, fatal, "fatal")
    low(chat)
    notebook.lab.end_kernels(notebook.path)
    expect(chat.badge).to_contain_text("has stopped")
    take(notebook, chat, "stopped")


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_what_is_hard_to_hold_still(harness: Harness, state: State, pictures: Path) -> None:
    """The other states, and all of them in a narrow view."""
    chat = Chat(harness)

    def shoot(width: int, theme: str, name: str) -> None:
        harness.size(width + 16)
        harness.theme(theme)
        leave_alone(chat)
        low(chat)
        path = pictures / f"{state.name}-{name}.png"
        chat.root.screenshot(path=path, animations="disabled")

    state.stage(harness, CONVERSATION)
    expect(chat.badge).to_have_text(state.words)
    if state.name not in IN_JUPYTERLAB:
        for theme in THEMES:
            shoot(564, theme, theme)
    shoot(320, "dark" if state.name in NARROW_AND_DARK else "light", "narrow")


@pytest.mark.parametrize("state", MODEL_STATES, ids=lambda state: state.name)
def test_what_a_model_brings(harness: Harness, state: State, pictures: Path) -> None:
    """The states of a tutor with a model."""
    chat = Chat(harness)
    state.stage(harness, {})
    expect(chat.root).to_contain_text(state.words)
    narrow = [(320, "light", "narrow")] if state.name in NARROW_WITH_A_MODEL else []
    for width, theme, name in [(564, "light", "light"), (564, "dark", "dark"), *narrow]:
        harness.size(width + 16)
        harness.theme(theme)
        leave_alone(chat)
        low(chat)
        path = pictures / f"{state.name}-{name}.png"
        chat.root.screenshot(path=path, animations="disabled")


def test_the_menu_of_a_model(harness: Harness, pictures: Path) -> None:
    """The menu says at length that an AI answers."""
    chat = Chat(harness)
    harness.size(580, 700)
    MODEL_STATES[0].stage(harness, {})
    chat.root.get_by_role("button", name="More").click()
    expect(chat.root.get_by_text("An AI, a language model")).to_be_visible()
    for theme in THEMES:
        harness.theme(theme)
        leave_alone(chat)
        chat.root.screenshot(path=pictures / f"ai-menu-{theme}.png", animations="disabled")


@pytest.mark.parametrize("theme", THEMES)
def test_what_a_long_conversation_has(harness: Harness, theme: str, pictures: Path) -> None:
    """Earlier messages, an old conversation offered, answers and messages that failed."""
    chat = Chat(harness)
    harness.size(580, 1200)
    harness.theme(theme)
    harness.show(EVERYTHING)
    harness.rest()
    expect(chat.message("word word").get_by_text("Not sent")).to_be_visible()
    chat.transcript.evaluate("log => { log.style.maxHeight = log.style.height = 'none'; }")
    leave_alone(chat)
    chat.root.screenshot(path=pictures / f"crowded-{theme}.png", animations="disabled")


def test_what_is_shared_is_looked_at(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """The last error: offered, previewed, attached, explained."""
    tutor = start_tutor("--tutor=lesson", "--pace=0")
    broken = 'colours = ["red", "green", "blue"]\nprint(colours[3])'
    notebook = open_notebook(chat_cell(tutor.url), broken)
    notebook.page.set_viewport_size({"width": 1000, "height": 1400})
    chat = begin(notebook)
    low(chat)
    notebook.run(1)
    chat.root.get_by_role("button", name="Last error: IndexError").click()
    expect(chat.root.get_by_role("dialog")).to_be_visible()
    take(notebook, chat, "preview")
    chat.root.get_by_role("button", name="Attach").click()
    chat.say("What does this mean?")
    chat.settle(7)
    chat.transcript.evaluate(
        """log => {
          log.style.height = '480px';
          [...log.querySelectorAll("[data-testid=message]")].at(-2).scrollIntoView();
        }"""
    )
    take(notebook, chat, "explained")
    notebook.page.set_viewport_size({"width": 1000, "height": 900})
