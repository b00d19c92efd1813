"""axe-core, asked about the chat and nothing else of the page."""

from __future__ import annotations

from typing import Any, Final

from playwright.sync_api import Page

from tests.support.browser.chat import Chat
from tests.support.paths import ROOT

__all__ = ["bring_axe", "faults", "faults_of_page"]

AXE: Final = ROOT / "js" / "node_modules" / "axe-core" / "axe.min.js"

# What a message holds is in the tab order once the keyboard is in it, and is looked at so.
# JupyterLab's body has no height of its own, and axe-core takes all text in it for clipped away; of
# what is scrolled out of sight it cannot tell the contrast.
LOOK: Final = """async root => {
  document.body.style.minHeight = "100vh";
  const log = root.querySelector("[role=log]");
  const contents = log.querySelectorAll(".message [tabindex='-1']");
  log.style.height = "max-content";
  for (const each of contents) each.tabIndex = 0;
  const found = await axe.run(root.getRootNode().host);
  for (const each of contents) each.tabIndex = -1;
  log.style.height = "";
  return found;
}"""

COVERED: Final = {"bgOverlap", "elmPartiallyObscured"}


def faults_of_page(page: Page, covered: frozenset[str] | set[str] = frozenset()) -> list[str]:
    """The same for a whole page, whatever its policy on scripts.

    ``covered``: why it may not be able to tell a contrast.
    """
    page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run()")
    assert len(found["passes"]) > 5
    return _told(found, covered)


def bring_axe(page: Page) -> None:
    page.add_script_tag(path=AXE)


def faults(chat: Chat) -> list[str]:
    """What axe-core finds wrong, or cannot tell, a line for each."""
    found: dict[str, Any] = chat.root.evaluate(LOOK)
    contrast = [rule["nodes"] for rule in found["passes"] if rule["id"] == "color-contrast"]
    assert len(contrast[0]) > 1, "axe-core takes the text for hidden"
    # What an open panel covers is not seen, so its contrast is no question.
    covered = COVERED if chat.root.locator(".panel:visible").count() else set()
    return _told(found, covered)


def _told(found: dict[str, Any], covered: set[str] | frozenset[str]) -> list[str]:
    return [
        f"{fault['id']}: {node['html'][:120]} {node['failureSummary']}"
        for fault in found["violations"] + found["incomplete"]
        for node in fault["nodes"]
        if not any((check["data"] or {}).get("messageKey") in covered for check in node["any"])
    ]
