"""Learners of a real JupyterHub, each in a page of a server of their own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.browser.chat import Chat
from tests.support.browser.on_hub import CHAT, HubNotebook

pytestmark = pytest.mark.timeout(300)
Open = Callable[..., HubNotebook]

THE_OTHERS = 'from tutor_widget import TutorChat\ndisplay(TutorChat(session="{}"))'
"""The same with the id of another's session."""


def test_two_learners_chat_with_the_hubs_tutor(open_as: Open) -> None:
    """Each signs in to a server of their own, and is answered. Who uses the session's id of the
    other has a session of that id for themselves, an empty one."""
    ada = open_as("127.0.0.1", CHAT, "print(chat.session)")
    ada.run(0)
    hers = Chat(ada)
    expect(hers.badge).to_have_text("Connected")
    hers.say("I am Ada")
    hers.settle(2)
    bob = open_as("localhost", THE_OTHERS.format(ada.run(1)))
    bob.run(0)
    his = Chat(bob)
    expect(his.badge).to_have_text("Connected")
    expect(his.messages).to_have_count(0)
    his.say("I am Bob")
    his.settle(2)
    assert (hers.texts(), his.texts()) == (["I am Ada"] * 2, ["I am Bob"] * 2)
    ada.screenshot("hub-ada")
    bob.screenshot("hub-bob")
