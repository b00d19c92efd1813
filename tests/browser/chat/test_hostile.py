"""Hostile text in a real page: whatever is written, it changes nothing but text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser

from tests.support.browser.harness import Harness, traits
from tests.support.hostile import ATTRIBUTES, TAGS, is_harmless, vectors
from tests.support.paths import SCRIPTS
from tutor_widget import Conversation
from tutor_widget.notebook.model import bundle
from tutor_widget.wire import Event

AT = 1_760_000_000_000
ELEMENTS = (
    TAGS
    | set("div span button".split())
    | set(
        "math mrow mi mn mo mtext mspace ms msup msub msubsup mfrac msqrt mroot mover munder"
        " munderover mtable mtr mtd mstyle mpadded mphantom menclose mmultiscripts mprescripts"
        " none".split()
    )
)
HAVE = (
    ATTRIBUTES
    | set("tabindex type aria-label data-runs".split())
    | set(
        "accent accentunder columnalign columnlines columnspacing depth display displaystyle fence"
        " form frame height linethickness lspace mathbackground mathcolor mathsize mathvariant"
        " maxsize minsize movablelimits rowlines rowspacing rspace scriptlevel separator stretchy"
        " style symmetric voffset width largeop notation".split()
    )
)
DONE = """count => {
  const bodies = hostile.bodies();
  return bodies.length === count && !bodies.some((body) => body.querySelector("[data-part]"));
}"""

STORED = """async ([code, html]) => {
  const load = code => import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  const { default: viewer } = await load((await load(code)).viewer);
  const el = document.body.appendChild(document.createElement("div"));
  viewer.render({ model: { get: () => ({ html }) }, el });
  const found = hostile.drawn([el.shadowRoot.querySelector("[role=log]")]);
  el.remove();
  return found;
}"""
OUTSIDE = """() => {
  const clips = element => {
    const { overflowX, overflowY } = getComputedStyle(element);
    return overflowX !== "visible" && overflowY !== "visible";
  };
  const chat = harness.el.getBoundingClientRect();
  const range = document.createRange();
  const found = [];
  const walker = document.createTreeWalker(harness.el.shadowRoot, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    let inside = text.parentElement;
    if (!inside || inside.closest("style, [hidden]")) continue;
    while (inside && !clips(inside)) inside = inside.parentElement;
    if (inside) range.selectNode(inside);
    else range.selectNodeContents(text);
    const { left, right } = inside ? inside.getBoundingClientRect() : range.getBoundingClientRect();
    const isLong = text.data.includes("WWWW") || text.data.includes("\u0301\u0301");
    const leaves = right - left > 0 && (left < chat.left - 1 || right > chat.right + 1);
    if (leaves || (isLong && !inside)) found.push(text.data.slice(0, 40));
  }
  return found;
}"""
MARKS = frozenset("data-testid data-state aria-label dir datetime".split())


@pytest.fixture(scope="module")
def the_page(chromium: Browser) -> Iterator[Harness]:
    # Apart from JupyterLab's: the harness stops the clock of all pages of its context.
    with chromium.new_context() as context:
        yield Harness(context.new_page(), SCRIPTS / "hostile.js")


@pytest.fixture
def page(the_page: Harness) -> Harness:
    the_page.reset()
    # Words come at once and not bit by bit: what is compared is where it ends.
    the_page.page.emulate_media(reduced_motion="reduce")
    return the_page


@pytest.mark.parametrize(
    "share", [0.05, pytest.param(1.0, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])]
)
def test_it_changes_nothing_but_text(page: Harness, share: float) -> None:
    """Whole or in pieces it ends the same, of known elements; nothing runs, nothing is fetched."""
    texts = vectors(share)
    page.show({})
    before = page.page.evaluate("hostile.outside()")
    page.asked.clear()

    page.show({"history": [event(n, text) for n, text in enumerate(texts)]})
    for text, found in zip(texts, drawn(page, len(texts)), strict=True):
        check(text, found)
        assert found["size"] <= 3 * len(text) + 600, text[:99]
    assert page.page.evaluate("hostile.outside()") == before
    wholes = page.page.evaluate("hostile.bodies().map(body => body.innerHTML)")

    page.show({})
    page.page.evaluate("texts => hostile.stream(texts, 3)", texts)
    drawn(page, len(texts))
    assert page.page.evaluate("hostile.outside()") == before
    streamed = page.page.evaluate("hostile.bodies().map(body => body.innerHTML)")
    for text, whole, again in zip(texts, wholes, streamed, strict=True):
        assert whole == again, text[:99]

    assert page.page.evaluate("pwned") == 0
    assert page.asked == []
    assert page.faults == []


@pytest.mark.parametrize(
    "saved", [Conversation.html, pytest.param(Conversation.excerpt, marks=pytest.mark.slow)]
)
def test_it_stays_text_in_a_page_that_is_saved(
    page: Harness, saved: Callable[[Conversation], str]
) -> None:
    """`chat.export` and what nbconvert shows hold what Markdown has, as a browser reads them."""
    texts = vectors(0.05)
    talk = Conversation(tuple(msgspec.convert(event(n, t), Event) for n, t in enumerate(texts)))
    ask = "html => hostile.drawn(hostile.saved(html))"
    for text, found in zip(texts, page.page.evaluate(ask, saved(talk)), strict=True):
        check(text, found, TAGS | {"s", "div"}, ATTRIBUTES | {"title", "tabindex", "style"})
        assert {*found["styles"]} <= {"white-space: pre-wrap"}, text[:99]
    assert page.page.evaluate("pwned") == 0


def test_it_stays_text_in_a_notebook_that_stored_it(page: Harness) -> None:
    """As HTML in a foreign notebook's state: known elements; nothing runs, nothing is fetched."""
    articles = [f'<article class="tutor"><div>{text}</div></article>' for text in vectors(0.05)]
    before = page.page.evaluate("hostile.outside()")
    page.asked.clear()
    for html in ["".join(articles), *articles]:
        (found,) = page.page.evaluate(STORED, [bundle("parts/notebook.js"), html])
        check(html, found, TAGS | set("article div h2 small time".split()), ATTRIBUTES | MARKS)
    assert page.page.evaluate("hostile.outside()") == before
    assert page.page.evaluate("pwned") == 0
    assert [address for address in page.asked if not address.startswith("blob:")] == []
    assert page.faults == []


@pytest.mark.parametrize("width", [640, 400, 330])
@pytest.mark.parametrize("word", ["W" * 115, "Z" + "\u0301" * 60], ids=["long", "stacked"])
def test_words_around_the_messages_stay_in_their_place(
    page: Harness, width: int, word: str
) -> None:
    """Of a server (title, choices, reasons) and of a notebook (an error's name)."""
    page.size(width, 640)
    refused = {"code": "not_yours_because", "args": {"detail": word}, "reason": f"No: {word}."}
    state = {"title": word, "step": 1, "of": 3, "suggestions": [word * 3, "No"]}
    queue = [{"id": "q", "text": "x", "at": AT, "status": "failed", "reason": word}]
    view = {"error": word, "cell": True, "warning": word}
    shown = {"history": [event(0, "hello")], "session_state": state, "queue": queue, "_view": view}
    for status in (traits(), traits("failed", since=-5, **refused)):
        page.show({**shown, **status})
        page.rest()
        assert page.page.evaluate(OUTSIDE) == []


def event(n: int, text: str) -> dict[str, Any]:
    kept = {"seq": n + 1, "id": f"e{n}", "role": "tutor", "text": text}
    return {**kept, "at": AT, "status": "complete"}


def drawn(page: Harness, count: int) -> list[dict[str, Any]]:
    """What became of each text, once all are drawn with their mathematics and colours."""
    page.page.wait_for_function(DONE, arg=count, timeout=600_000)
    found: list[dict[str, Any]] = page.page.evaluate("hostile.drawn(hostile.bodies())")
    return found


def check(
    vector: str,
    found: dict[str, Any],
    elements: frozenset[str] = ELEMENTS,
    attributes: frozenset[str] = HAVE,
) -> None:
    """Known elements and attributes, links that a reader may follow."""
    assert {*found["tags"]} <= elements, vector[:99]
    assert {*found["attributes"]} <= attributes, vector[:99]
    for style in found["styles"]:
        assert not any(word in style for word in ("url", "position", "expression")), vector[:99]
    for address, rel in found["links"]:
        assert is_harmless(address, rel), vector[:99]
