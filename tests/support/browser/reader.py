"""A virtual screen reader in the page: what a reader hears who walks through the chat."""

from __future__ import annotations

import re
from typing import Final

from playwright.sync_api import Locator, Page

from tests.support.paths import ROOT

__all__ = ["ScreenReader"]

CODE: Final = ROOT / "js/node_modules/@guidepup/virtual-screen-reader/lib/esm/index.browser.js"
BRING: Final = """async code => {
  const address = URL.createObjectURL(new Blob([code], {type: "text/javascript"}));
  window.screenReader = (await import(address)).virtual;
}"""
# It begins at the container itself, and comes back to it from the end.
WALK: Final = """async container => {
  await screenReader.start({container});
  const first = await screenReader.lastSpokenPhrase();
  do await screenReader.next(); while (await screenReader.lastSpokenPhrase() !== first);
  const phrases = await screenReader.spokenPhraseLog();
  await screenReader.stop();
  return phrases.slice(0, -1);
}"""
CLOCK: Final = re.compile(r"\b\d\d:\d\d\b")


class ScreenReader:
    def __init__(self, page: Page) -> None:
        page.evaluate(BRING, CODE.read_text("utf-8"))

    def walk(self, part: Locator) -> list[str]:
        """All that it says on the way through `part`, a phrase each; clock times as `hh:mm`."""
        phrases: list[str] = part.evaluate(WALK)
        return [CLOCK.sub("hh:mm", phrase) for phrase in phrases]
