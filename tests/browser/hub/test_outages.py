"""What a learner of a hub sees when the hub refuses, restarts, or is away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.browser.chat import Chat
from tests.support.browser.on_hub import CHAT, HubNotebook
from tests.support.hub import RunningHub

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
Open = Callable[..., HubNotebook]

WITHOUT_THE_HOOK = 'import os; del os.environ["TUTOR_CHAT_TOKEN"]\n'
"""What is left is the server's own token, which no operator gave the scope."""


def test_a_server_without_the_scope_has_advice(open_as: Open) -> None:
    """Its chat is refused with 403: the badge says so, and a note whom to tell."""
    ada = open_as("127.0.0.1", WITHOUT_THE_HOOK + CHAT)
    ada.run(0)
    chat = Chat(ada)
    expect(chat.badge).to_contain_text("does not let this notebook in (HTTP status 403)")
    expect(chat.badge).to_have_attribute("data-tone", "bad")
    expect(chat.notes).to_contain_text("Tell the person who runs the tutor")
    ada.screenshot("hub-refused")


def test_the_badge_does_not_change_while_the_hub_restarts(hub: RunningHub, open_as: Open) -> None:
    """The conversation goes on while the hub is down, and after it has come back."""
    ada = open_as("127.0.0.1", CHAT)
    ada.run(0)
    chat = Chat(ada)
    expect(chat.badge).to_have_text("Connected")
    seen = ada.badges()
    hub.hub.kill()
    chat.say("meanwhile")
    chat.settle(2)
    hub.hub.start()
    chat.say("after")
    chat.settle(4)
    assert chat.texts() == ["meanwhile"] * 2 + ["after"] * 2
    assert ada.badges() == seen


def test_a_chat_waits_for_a_hub_that_is_away(hub: RunningHub, open_as: Open) -> None:
    """A tutor that starts anew knows no token yet: the chat goes on to reconnect until the hub
    answers for it, and then its message goes out."""
    ada = open_as("127.0.0.1", CHAT)
    ada.run(0)
    chat = Chat(ada)
    expect(chat.badge).to_have_text("Connected")
    hub.hub.kill()
    hub.tutor.kill()
    hub.tutor.start()
    chat.say("are you there?")
    expect(chat.root).to_contain_text("HTTP status 503")
    expect(chat.badge).to_contain_text("Reconnecting")
    ada.screenshot("hub-away")
    hub.hub.start()
    chat.settle(2)
    expect(chat.badge).to_have_text("Connected")
    assert chat.texts() == ["are you there?"] * 2
