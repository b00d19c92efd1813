"""Every state that the badge can tell of, light and dark, with and without a conversation."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import bring_axe, faults
from tests.browser.chat import Chat
from tests.browser.harness import CONVERSATION, STATES, Harness, State


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
