"""The chat takes the form that its reader needs: narrow, large, spaced, forced colours, still."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import pytest
from playwright.sync_api import expect

from tests.support.browser.axe import bring_axe, faults
from tests.support.browser.chat import Chat
from tests.support.browser.harness import (
    CONVERSATION,
    EVERYTHING,
    MODEL_STATES,
    ROOT,
    STATES,
    Harness,
    traits,
)

PANELS: Final = ["", "badge", "menu", "share"]

# Buttons by name, with width and height; a link within a sentence is as high as its line.
TARGETS: Final = """root => [...root.querySelectorAll("button, textarea, [role=separator]")]
  .filter(each => each.checkVisibility({visibilityProperty: true}))
  .map(each => [each.textContent || each.ariaLabel, each.offsetWidth, each.offsetHeight])"""

# What stands outside of the box that it belongs to, save where that scrolls on purpose.
CUT_OFF: Final = """root => {
  const scrolls = ".log, .code, .table, .display, textarea";
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found = [];
  let looked = 0;
  for (let node; (node = walker.nextNode()); ) {
    if (!node.data.trim() || !node.parentElement.checkVisibility()) continue;
    looked++;
    const range = document.createRange();
    range.selectNodeContents(node);
    const text = range.getBoundingClientRect();
    for (let box = node.parentElement; box; box = box.parentElement) {
      if (box.matches(scrolls)) break;
      const holds = box.matches("button") || getComputedStyle(box).overflow !== "visible";
      const {left, right, top, bottom} = box.getBoundingClientRect();
      const out = text.left < left - 1 || text.right > right + 1
        || text.top < top - 2 || text.bottom > bottom + 2;
      if ((holds || box === root) && out) found.push(`${node.data} in ${box.className}`);
    }
  }
  return [looked, found];
}"""
# The text of each line, as it is laid out.
LINES: Final = """p => {
  const [text, range] = [p.firstChild, document.createRange()];
  const lines = new Map();
  for (let i = 0; i < text.length; i++) {
    range.setStart(text, i);
    range.setEnd(text, i + 1);
    const { top } = range.getBoundingClientRect();
    lines.set(top, (lines.get(top) ?? "") + text.data[i]);
  }
  return [...lines.values()].map(line => line.trim() + " ");
}"""
SIDEWAYS: Final = """root => [document.documentElement, root, root.querySelector(".log")]
  .filter(each => each.scrollWidth > each.clientWidth).map(each => each.className)"""
SPACED: Final = """* {
  line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important;
}
p { margin-bottom: 2em !important; }"""
LARGE: Final = ":host { --jp-ui-font-size1: 26px; }"


def open_panel(chat: Chat, name: str) -> None:
    if name:
        chat.root.locator(f"button.{name}").first.click()
        panel = ".preview" if name == "share" else ".panel"
        expect(chat.root.locator(f"{panel}:visible")).to_have_count(1)
    if name == "menu":  # what it offers is sent by the kernel
        expect(chat.root.get_by_role("button", name="New conversation…")).to_be_visible()


def cut_off(chat: Chat) -> list[str]:
    looked, found = chat.root.evaluate(CUT_OFF)
    assert looked > 5
    assert chat.root.evaluate(SIDEWAYS) == []
    return list(found)


@pytest.mark.parametrize("width", [320, 640])
def test_every_target_is_24_px_large(harness: Harness, width: int) -> None:
    """Whatever can be pressed, in every panel, of every kind of message (WCAG 2.5.8)."""
    harness.size(width)
    offers = {"offers": ["report", "erase"]}
    harness.show({**EVERYTHING, "_view": {**EVERYTHING["_view"], **offers}})
    harness.rest()
    chat = Chat(harness)
    chat.transcript.evaluate("log => log.scrollTo(0, 0)")
    expect(chat.root.locator(".jump")).to_be_visible()
    names: set[str] = set()
    chat.message("Each value has").get_by_role("button", name="Actions").click()
    for panel in PANELS:
        open_panel(chat, panel)
        targets = chat.root.evaluate(TARGETS)
        assert [each for each in targets if min(each[1:]) < 24] == []
        names.update(name for name, *_ in targets)
    expected = (
        "Earlier messages, Edit, Discard, Stop, Try again, Copy, Hint, Continue, Start new, More"
    )
    expected += (
        ", Reconnect now, Close, New conversation…, Web page, Markdown, Latest messages, Send"
    )
    expected += ", + Last error: IndexError, + This cell, Attach, Cancel"
    expected += ", Actions, Report this answer, Float at the lower right, Delete this conversation…"
    assert set(expected.split(", ")) <= names


@pytest.mark.parametrize(
    ("width", "css"),
    [(320, ""), (640, SPACED), (320, SPACED), (640, LARGE)],
    ids=["320 px", "spaced", "320 px, spaced", "text twice as large"],
)
def test_nothing_is_cut_off_and_nothing_scrolls_sideways(
    harness: Harness, width: int, css: str
) -> None:
    """In every state, and with either panel open (WCAG 1.4.4, 1.4.10, 1.4.12)."""
    harness.size(width)
    chat = Chat(harness)
    for state in (*STATES, *MODEL_STATES):
        state.stage(harness, CONVERSATION)
        expect(chat.root).to_contain_text(state.words)
        harness.style(css)
        assert (state.name, cut_off(chat)) == (state.name, [])
    harness.online(True)
    harness.show(EVERYTHING)
    harness.rest()
    harness.style(css)
    for panel in PANELS:
        open_panel(chat, panel)
        assert (panel, cut_off(chat)) == (panel, [])


def test_on_a_wide_screen_it_is_one_column_of_short_lines(harness: Harness) -> None:
    """At 2,560 px: lines of 75 characters at most, header, messages, composer below each other."""
    harness.size(2560)
    harness.show({**CONVERSATION, **traits()})
    text = "Indexes start at zero, so the first value of a list has the index zero. " * 5
    said = {"seq": 4, "id": "m4", "role": "tutor", "text": text.strip(), "at": 0}
    harness.change({"events": [{**said, "status": "complete"}]})
    harness.rest()
    root = Chat(harness).root
    lines = root.locator(".message").last.locator("p").evaluate(LINES)
    assert 60 < max(map(len, lines)) - 1 <= 75
    assert "".join(lines).split() == text.split()
    boxes = [root.locator(each).bounding_box() for each in (".lesson", ".messages", "form")]
    edges = [(box["x"], box["x"] + box["width"]) for box in boxes if box]
    assert len({left for left, _ in edges}) == 1
    assert all(1280 - 320 < left < right < 1280 + 320 for left, right in edges)


def test_forced_colours_keep_every_border_and_sign(harness: Harness) -> None:
    """Buttons have edges, the learner's words a frame, the bar a filling, the badge its sign."""
    bring_axe(harness.page)
    harness.page.emulate_media(forced_colors="active")
    harness.show(EVERYTHING)
    harness.rest()
    chat = Chat(harness)
    assert faults(chat) == []
    look = """(root, what) => [...root.querySelectorAll(what)].map(each => {
      const {borderTopWidth, borderTopColor, backgroundColor, color} = getComputedStyle(each);
      return {edge: borderTopColor, wide: borderTopWidth, back: backgroundColor, color};
    })"""
    framed = chat.root.evaluate(look, "button:not([hidden]), textarea, .learner .body, .bar")
    assert len(framed) > 10
    assert all(each["wide"] == "1px" and each["edge"] != each["back"] for each in framed)
    (bar,) = chat.root.evaluate(look, ".bar")
    (filling,) = chat.root.evaluate(look, ".fill")
    assert filling["back"] != bar["back"]
    (sign,) = chat.root.evaluate(look, ".badge svg")
    (badge,) = chat.root.evaluate(look, ".badge")
    assert sign["color"] == badge["color"] != badge["back"]
    (send,) = chat.root.evaluate(look, ".send")
    assert send["color"] != badge["color"], "what cannot be pressed looks so"
    chat.composer.focus()
    outline = "field => getComputedStyle(field).outline"
    assert "solid 2px" in chat.composer.evaluate(outline)


def luminance(colour: str) -> float:
    """WCAG 2.2's relative luminance of an `rgb(…)`."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_edges_and_signs_stand_out_from_what_is_behind_them(harness: Harness, theme: str) -> None:
    """3:1 for the edge of what can be pressed or filled, for the outline, for each state's sign."""
    look = """(root, [what, property]) => {
      const back = getComputedStyle(root).backgroundColor;
      return [...root.querySelectorAll(what)].filter(each => each.checkVisibility())
        .map(each => [getComputedStyle(each)[property], back]);
    }"""
    chat = Chat(harness)
    harness.theme(theme)
    signs = set()
    for state in STATES:
        state.stage(harness, CONVERSATION)
        ((sign, back),) = chat.root.evaluate(look, [".badge svg", "color"])
        assert contrast(sign, back) >= 3, state.name
        signs.add(sign)
    assert len(signs) == 5
    harness.online(True)
    harness.show(CONVERSATION)
    chips = chat.root.evaluate(look, [".chip", "borderTopColor"])
    harness.show(EVERYTHING)
    chat.composer.fill("something to send")
    edged = "textarea, .bar, .send, .stop, .resume button"
    edges = chat.root.evaluate(look, [edged, "borderTopColor"])
    filled = chat.root.evaluate(look, [".fill, .send", "backgroundColor"])
    outline = chat.root.evaluate(look, ["textarea", "outlineColor"])
    assert [len(each) for each in (chips, edges, filled, outline)] == [2, 6, 2, 1]
    assert [pair for pair in chips + edges + filled + outline if contrast(*pair) < 3] == []


@pytest.mark.parametrize(("wish", "moving"), [("reduce", 0), ("no-preference", 1)])
def test_nothing_moves_where_motion_is_unwelcome(harness: Harness, wish: Any, moving: int) -> None:
    """The bar of progress jumps where it would slide; nothing else moves at all."""
    harness.page.emulate_media(reduced_motion=wish)
    harness.show({**CONVERSATION, **traits()})
    harness.change({"state": {**CONVERSATION["session_state"], "step": 9}})
    count = """root => root.getRootNode().getAnimations()
      .filter(motion => motion.effect.getTiming().duration > 0).length"""
    assert Chat(harness).root.evaluate(count) == moving


def test_from_right_to_left_everything_is_mirrored(harness: Harness) -> None:
    """Badge, bubbles and buttons change sides; each message lies as it is written, code too."""
    words = json.loads((ROOT / "tutor_widget/words/en.json").read_text("utf-8"))["browser"]
    arabic = {**CONVERSATION["history"][1], "text": "ما هي القائمة؟"}
    hebrew = {
        **CONVERSATION["history"][2],
        "text": "כך: `[1, 2]`.\n\n```python\nprint([1, 2])\n```",
    }
    history = [CONVERSATION["history"][0], arabic, hebrew]
    given = {**CONVERSATION, **traits(), "history": history, "_view": {"error": "IndexError"}}
    chat = Chat(harness)

    def lefts() -> dict[str, float]:
        parts = [".title", ".badge", ".menu", ".learner .who", ".tutor .who", "textarea", ".send"]
        boxes = {part: chat.root.locator(part).first.bounding_box() for part in parts}
        return {part: box["x"] for part, box in boxes.items() if box}

    harness.show(given)
    harness.rest()
    order = lefts()
    by_place = sorted(order, key=lambda part: order[part])
    bodies = chat.messages.locator(".body")
    look = "body => getComputedStyle(body.firstElementChild).direction"
    directions = [body.evaluate(look) for body in bodies.all()]
    assert directions == ["ltr", "rtl", "rtl"]
    assert bodies.nth(2).locator("pre").evaluate("c => getComputedStyle(c).direction") == "ltr"

    harness.show({**given, "_words": {**words, "dir": "rtl"}})
    harness.rest()
    mirrored = lefts()
    assert by_place.index(".title") < by_place.index(".badge") < by_place.index(".menu")
    assert mirrored[".menu"] < mirrored[".badge"] < mirrored[".title"]
    assert order[".tutor .who"] < order[".learner .who"]
    assert mirrored[".learner .who"] < mirrored[".tutor .who"]
    assert mirrored[".send"] < mirrored["textarea"]
    for panel in PANELS:
        open_panel(chat, panel)
        assert cut_off(chat) == []
