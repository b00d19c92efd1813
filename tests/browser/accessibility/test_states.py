"""Every state that the badge can tell of, light and dark, with and without a conversation."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.browser.axe import bring_axe, faults
from tests.support.browser.chat import Chat
from tests.support.browser.golden import assert_golden
from tests.support.browser.harness import CONVERSATION, EVERYTHING, STATES, Harness, State


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_axe_finds_nothing_in_any_state(harness: Harness, state: State) -> None:
    """No fault, and nothing that axe-core cannot tell; and the badge says what it should."""
    bring_axe(harness.page)
    chat = Chat(harness)
    for conversation in (CONVERSATION, {}):
        state.stage(harness, conversation)
        expect(chat.badge).to_have_text(state.words)
        for theme in ("light", "dark"):
            harness.theme(theme)
            assert faults(chat) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_accessible_tree_is_exactly_what_was_agreed(harness: Harness, theme: str) -> None:
    """Every role, name and state, in every state of the badge and with each panel open."""
    harness.theme(theme)
    chat = Chat(harness)
    trees = []

    def note(name: str) -> None:
        trees.append(f"# {name}\n{chat.root.aria_snapshot()}\n")

    for state in STATES:
        state.stage(harness, {})
        note(state.name)
    harness.online(True)
    harness.show(EVERYTHING)
    harness.rest()
    expect(chat.message("Let me")).to_be_visible()
    note("all kinds of messages, in an outage")
    chat.badge.click()
    note("… and the details")
    chat.root.get_by_role("button", name="More").click()
    expect(chat.root.get_by_role("button", name="New conversation…")).to_be_visible()
    note("… and the menu")
    chat.root.get_by_role("button", name="New conversation…").click()
    note("… and its question")
    chat.root.get_by_role("button", name="Cancel").click()
    chat.root.get_by_role("button", name="More").click()
    chat.root.get_by_role("button", name="Last error: IndexError").click()
    expect(chat.root.get_by_role("dialog")).to_be_visible()
    note("… and a look at what is shared")
    chat.root.get_by_role("button", name="Attach").click()
    expect(chat.root.get_by_role("dialog")).to_be_hidden()
    note("… which is attached")
    assert_golden("aria.yaml", "\n".join(trees))
