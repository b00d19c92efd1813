"""The largest messages in a real page: what they cost, and what is drawn of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.support.browser.harness import Harness
from tests.support.paths import SCRIPTS

AT = 1_760_000_000_000
LARGEST = 256 * 1024
"""Code points of a message (docs/protocol.md)."""
MOST_ELEMENTS = 90_000
DONE = """() => {
  const bodies = hostile.bodies();
  return bodies.length === 2 && !bodies.some((body) => body.querySelector("[data-part]"));
}"""

PIECES = [
    "- \n",
    "---\n",
    "a\n\n",
    "word\n",
    "> a\nb\n",
    "```\na\n```\n",
    "```python\nx = 1\n```\n",
    "*a ",
    "[http://a.b ",
    "[[[[[a](b",
    "![",
    "`a``b```c",
    "\\(a",
    "a\n$$\nb\n",
    "$x$ ",
    "|a|b|\n|-|-|\n",
    "\u0e01",
    "\ufffd",
    "🙂",
]
FORMULAS = [
    "\\begin{matrix}" + "&" * 100 + "\\\\" * 1_900 + "\\end{matrix}",
    "\\ce{" + "a^b_c->" * 500 + "}",
    "\\begin{gather}" + "\\\\" * 1_900 + "\\end{gather}",
    "\\Huge " * 600,
    "\\left(" * 150 + "x" + "\\right)" * 150,
    "\\sqrt{" * 60 + "x" + "}" * 60,
]
FLOODS = [
    *PIECES,
    *(f"$${tex}$$\n\n" for tex in FORMULAS),
    "".join(f"{'  ' * n}- a\n" for n in range(100)),
]


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with chromium.new_context() as context:
        yield Page(Harness(context.new_page(), SCRIPTS / "hostile.js"))


class Page:
    """A page that counts the time of its own thread, whatever else the machine does."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self._session = harness.page.context.new_cdp_session(harness.page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def cost(self, text: str, role: str) -> float:
        """Seconds to draw and lay out a message and the one below it."""
        before = self.worked()
        history = [event(1, role, text), event(2, "tutor", "*next*")]
        self.harness.show({"history": history})
        self.harness.page.wait_for_function(DONE, timeout=120_000)
        self.harness.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        return self.worked() - before

    def drawn(self) -> tuple[int, int, str]:
        """Elements and letters of the first message, and what is emphasized in the second."""
        found: tuple[int, int, str] = self.harness.page.evaluate(
            "() => { const [one, two] = hostile.bodies(); return [one.querySelectorAll('*').length,"
            " one.textContent.length, two.querySelector('em')?.textContent]; }"
        )
        return found

    def worked(self) -> float:
        """Seconds of the page's thread so far."""
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return float(sum(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def event(seq: int, role: str, text: str) -> dict[str, Any]:
    kept = {"seq": seq, "id": f"e{seq}", "role": role, "text": text}
    return {**kept, "at": AT, "status": "complete"}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", ["tutor", pytest.param("learner", marks=pytest.mark.slow)])
def test_the_largest_message_costs_its_length(page: Page, role: str) -> None:
    """Four times the text costs about four times the work, and the next message is drawn."""
    page.cost("warm *up*", role)
    for piece in FLOODS if role == "tutor" else PIECES:
        small, large = (piece * (size // len(piece)) for size in (LARGEST // 4, LARGEST))
        cost = page.cost(small, role)
        assert page.cost(large, role) <= 8 * cost + 1, piece[:40]
        elements, letters, emphasized = page.drawn()
        assert elements <= MOST_ELEMENTS, piece[:40]
        assert letters > LARGEST / 50 or not piece.strip("-\n \\"), piece[:40]
        assert emphasized == "next"
    assert page.harness.faults == []


@pytest.mark.parametrize("piece", ["a\n\n", "---\n", "- a\n", "word ", "*a* ", "`a` "])
def test_a_reply_costs_its_length_while_it_grows(page: Page, piece: str) -> None:
    """In as many pieces, of four times the size."""
    page.harness.page.emulate_media(reduced_motion="reduce")

    def cost(size: int) -> float:
        page.cost("", "tutor")
        before = page.worked()
        text = piece * (size // len(piece))
        page.harness.page.evaluate("([text]) => hostile.stream([text], 40)", [text])
        return page.worked() - before

    cost(1_000)
    small = cost(LARGEST // 16)
    assert cost(LARGEST // 4) <= 8 * small + 1
    assert page.harness.faults == []
