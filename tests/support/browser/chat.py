"""The widget as a learner sees it."""

from __future__ import annotations

from typing import Protocol

from playwright.sync_api import Locator, Page, expect

__all__ = ["Chat", "chat_cell"]


def chat_cell(url: str, session: str = "a-session-for-this-test", **more: str) -> str:
    """A cell that shows a chat and calls it `chat`."""
    keywords = "".join(f", {name}={value!r}" for name, value in more.items())
    return f"""
from tutor_widget import TutorChat
chat = TutorChat("{url}", session="{session}"{keywords})
chat
""".strip()


class Shown(Protocol):
    """A notebook, or whatever else shows chats in a page."""

    page: Page


class Chat:
    """One view of a chat; its parts are Playwright's locators."""

    def __init__(self, notebook: Shown, n: int = 0, name: str = "Tutor chat") -> None:
        self.root = notebook.page.get_by_role("region", name=name).nth(n)
        self.badge = self.root.get_by_test_id("badge")
        self.details = self.root.get_by_test_id("badge-details")
        self.notes = self.root.get_by_test_id("notes")
        self.transcript = self.root.get_by_test_id("transcript")
        self.messages = self.root.get_by_test_id("message")
        self.composer = self.root.get_by_test_id("composer")

    def say(self, text: str) -> None:
        self.composer.fill(text)
        self.composer.press("Enter")

    def message(self, text: str) -> Locator:
        """The message with this text."""
        return self.messages.filter(has_text=text)

    def settle(self, count: int, *, seconds: float = 60) -> None:
        """Wait until so many messages stand there, all of them arrived and whole."""
        settled = self.root.locator('[data-testid="message"][data-state="said"]')
        expect(settled).to_have_count(count, timeout=seconds * 1000)
        expect(self.messages).to_have_count(count)

    def ids(self) -> list[str]:
        """The messages' ids, in the order shown."""
        return [str(m.get_attribute("data-id")) for m in self.messages.all()]

    def texts(self) -> list[str]:
        """The messages' texts as shown, in order."""
        # Of what has scrolled away Firefox has no rendered text, Chromium has.
        text = "bodies => bodies.map(body => (body.innerText || body.textContent).trim())"
        texts: list[str] = self.messages.locator(".body").evaluate_all(text)
        return texts
