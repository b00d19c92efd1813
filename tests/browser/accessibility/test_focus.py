"""Where the focus goes by keyboard: in order, in sight, and never lost."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.sync_api import expect

from tests.support.browser.chat import Chat
from tests.support.browser.harness import (
    CONVERSATION,
    CROWDED,
    EVERYTHING,
    FATAL,
    OUTAGE,
    WAITING,
    Harness,
    traits,
)

# What has the focus, whether that shows, and whether nothing else hides it.
FOCUSED: Final = """async () => {
  // What scrolls as the focus moves tells of it with the next frame.
  for (let n = 0; n < 2; n++) await new Promise(requestAnimationFrame);
  const root = harness.el.shadowRoot;
  const element = root.activeElement;
  if (!element) return [document.activeElement === document.body ? "" : "outside", true, true];
  const label = element.labels?.[0]?.firstChild.textContent;
  const name = element.ariaLabel ?? label ?? element.textContent;
  const {left, top, width, height} = element.getBoundingClientRect();
  const there = root.elementFromPoint(left + width / 2, top + height / 2);
  const {outlineStyle, outlineWidth} = getComputedStyle(element);
  const shows = element.matches(":focus-visible") && outlineStyle === "solid";
  return [name, shows && parseFloat(outlineWidth) >= 2, element.contains(there)];
}"""
SCROLLED: Final = """() =>
  harness.el.shadowRoot.activeElement.closest(".code, .table").scrollLeft > 0"""
STOPS: Final = """
Reconnecting, 2 messages waiting
Reconnect now
Close
More
Continue
Start new
Conversation
Latest messages
Height of the conversation
Hint
Skip
Message to the tutor
Send
+ Last error: IndexError
+ This cell
""".strip().splitlines()


def focused(harness: Harness) -> str:
    """The name of what has the focus, which shows and is in sight."""
    name, shows, in_sight = harness.page.evaluate(FOCUSED)
    assert (name, shows, in_sight) == (name, True, True)
    return str(name)


def test_the_focus_goes_through_everything_in_the_order_of_the_page(harness: Harness) -> None:
    """Each stop shows its outline and is not covered; the way back is the same."""
    harness.show(EVERYTHING)
    harness.rest()
    chat = Chat(harness)
    chat.transcript.evaluate("log => log.scrollTo(0, 0)")
    expect(chat.root.locator(".jump")).to_be_visible()
    keyboard = harness.page.keyboard
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(chat.details).to_be_visible()
    forwards = [focused(harness)]
    while forwards[-1] and len(forwards) < 50:
        keyboard.press("Tab")
        forwards.append(focused(harness))
    assert forwards == [*STOPS, ""]
    expect(chat.details).to_be_hidden()
    again = [stop for stop in STOPS if stop not in {"Reconnect now", "Close"}]
    backwards = []
    for _ in again:
        keyboard.press("Shift+Tab")
        backwards.append(focused(harness))
    assert backwards == again[::-1]


def test_the_keys_lead_into_a_message_and_on_from_it(harness: Harness) -> None:
    """Enter and Tab reach all that it holds; then Tab leaves the transcript, Esc goes back out."""
    harness.show({**CONVERSATION, **traits(), "_view": {"offers": ["report"]}})
    harness.rest()
    keyboard = harness.page.keyboard
    chat = Chat(harness)
    chat.transcript.focus()
    keyboard.press("Home")
    # The page has heard of the scrolling before the keys go on.
    expect(chat.root.get_by_role("button", name="Latest messages")).to_be_visible()
    keyboard.press("Enter")
    copy = 'Copy: code, 2 lines, colours = ["red", "green", "blue"]'
    for stop in ["Actions", copy, "Latest messages"]:
        assert focused(harness) == stop
        keyboard.press("Tab")
    keyboard.press("Shift+Tab")
    keyboard.press("Shift+Tab")
    assert focused(harness) == "Conversation"
    for key in ["Home", "Enter", "Tab", "Escape", "ArrowDown"]:
        keyboard.press(key)
    assert focused(harness) == "You, 10:02"
    keyboard.press("Escape")
    assert focused(harness) == "Message to the tutor"


def test_what_scrolls_sideways_is_scrolled_by_keyboard(harness: Harness) -> None:
    """Code and tables that are wider than the message, once Enter has led into it."""
    row = f"| {' | '.join('abcdefghijklmnop')} |"
    wide = ["```\n" + "x" * 200 + "\n```", f"{row}\n{'|-' * 16}|\n{row}"]
    said = [
        {"seq": n, "id": f"m{n}", "role": "tutor", "text": text, "at": 0, "status": "complete"}
        for n, text in enumerate(wide)
    ]
    harness.size(320)
    harness.show({**traits(), "history": said})
    harness.rest()
    Chat(harness).transcript.focus()
    for key in ["Home", "ArrowDown"]:
        for each in [key, "Enter", "Tab", "ArrowRight"]:
            harness.page.keyboard.press(each)
        harness.page.wait_for_function(SCROLLED)
        harness.page.keyboard.press("Escape")


def test_the_height_is_set_by_keyboard_and_by_a_press(harness: Harness) -> None:
    """A separator that the arrow keys move, that can be dragged, and that a press makes tall."""
    harness.show({**CONVERSATION, **traits()})
    chat = Chat(harness)
    height = "log => log.offsetHeight"
    before = chat.transcript.evaluate(height)
    handle = chat.root.get_by_role("separator", name="Height of the conversation")
    handle.focus()
    harness.page.keyboard.press("ArrowUp")
    assert chat.transcript.evaluate(height) == before - 24
    outside = "handle => parseFloat(getComputedStyle(handle).outlineOffset)"
    assert handle.evaluate(outside) <= -2, "an outline of 2 px, not over what is below"
    box = handle.bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2
    mouse = harness.page.mouse
    mouse.move(middle, box["y"] + 12)
    mouse.down()
    mouse.move(middle, box["y"] - 38)
    mouse.up()
    assert chat.transcript.evaluate(height) == before - 74
    expect(handle).to_have_attribute("aria-valuenow", str(before - 74))
    handle.click()
    assert chat.transcript.evaluate(height) == before
    handle.click()
    assert chat.transcript.evaluate(height) == round(640 * 0.8)


@pytest.mark.parametrize("where", ["on its button", "inside"])
@pytest.mark.parametrize("button", ["Reconnecting, 2 messages waiting", "More"])
def test_escape_closes_a_panel(harness: Harness, button: str, where: str) -> None:
    """From its button and from inside, and the focus is on the button then."""
    harness.show(EVERYTHING)
    harness.rest()
    press(harness, button)
    opened = harness.page.locator(".panel:visible")
    expect(opened).to_have_count(1)
    if where == "inside":
        opened.get_by_role("button").first.focus()
    harness.page.keyboard.press("Escape")
    expect(opened).to_have_count(0)
    assert focused(harness) == button


def press(harness: Harness, name: str) -> None:
    """Press the first visible button of this name, by keyboard."""
    harness.page.get_by_role("button", name=name, exact=True).first.focus()
    harness.page.keyboard.press("Enter")


@pytest.mark.parametrize(
    ("buttons", "then", "where"),
    [
        # The details and the menu give it back to their buttons.
        (["Reconnecting, 2 messages waiting", "Close"], {}, "Reconnecting, 2 messages waiting"),
        (["More", "New conversation…"], {}, "Cancel"),
        (["More", "New conversation…", "Cancel"], {}, "New conversation…"),
        (["More", "New conversation…", "Start new"], {}, "More"),
        # What is offered is taken, and goes.
        (["Continue"], {"view": {"resume": None}}, "Message to the tutor"),
        (["Hint"], {"state": {"suggestions": ["Skip"]}}, "Message to the tutor"),
        # A message to be edited goes into the composer; one that goes leaves it to the log.
        (["Edit"], {"gone": ["q0"]}, "Message to the tutor"),
        (["Discard"], {"gone": ["q0"]}, "Conversation"),
        (["Stop"], {"reply": None}, "Conversation"),
        # What is shared is looked at first; what is not, leaves it where it was.
        (["+ This cell"], {}, "Code"),
        (["+ This cell", "Cancel"], {}, "+ This cell"),
        (["+ Last error: IndexError", "Attach"], {}, "Message to the tutor"),
        (["+ This cell", "Cancel"], {"view": {"cell": False}}, "Message to the tutor"),
        # Earlier messages have come, and there are no more.
        (["Earlier messages"], {"view": {"older": False}}, "Conversation"),
        (["Latest messages"], {}, "Conversation"),
    ],
    ids=lambda value: " → ".join(value) if isinstance(value, list) else "",
)
def test_the_focus_is_never_lost(
    harness: Harness, buttons: list[str], then: dict[str, Any], where: str
) -> None:
    """When what had it goes, it stays near: never at the top of the page, never taken away."""
    harness.show(EVERYTHING)
    harness.rest()
    chat = Chat(harness)
    chat.transcript.evaluate("log => log.scrollTo(0, 0)")
    expect(chat.root.locator(".jump")).to_be_visible()
    for button in buttons:
        press(harness, button)
        if button.startswith("+"):  # what is looked at comes from the kernel
            expect(chat.root.get_by_role("dialog")).to_be_visible()
    if then:
        harness.change(then)
    expect(chat.root.locator(":focus")).to_be_visible()
    assert focused(harness) == where


def test_what_the_advice_says_to_press_is_beside_it(harness: Harness) -> None:
    """After a fatal end; pressed, it asks the kernel and leaves the focus to the composer."""
    harness.show({**CROWDED, **FATAL})
    press(harness, "Reconnect now")
    assert harness.page.evaluate("harness.model.ops('reconnect').length") == 1
    harness.arrive(traits("connecting", since=0, attempt=1))
    assert focused(harness) == "Message to the tutor"


def test_what_comes_and_goes_leaves_the_focus_alone(harness: Harness) -> None:
    """Replies, outages, countdowns and returns come while the learner writes, and take nothing."""
    harness.show({**CROWDED, **traits()})
    chat = Chat(harness)
    chat.composer.fill("half a sen")
    harness.arrive({**CROWDED, **OUTAGE, "queue": WAITING})
    harness.later(2)
    expect(chat.badge).to_contain_text("Reconnecting")
    harness.arrive({**CROWDED, **traits("connected", outage=20), "queue": []})
    expect(chat.badge).to_contain_text("Reconnected")
    assert focused(harness) == "Message to the tutor"
    expect(chat.composer).to_have_value("half a sen")


def test_a_press_that_is_thought_better_of_does_nothing(harness: Harness) -> None:
    """Pressed on a button and let go elsewhere; let go on it, it counts."""
    harness.show({**CROWDED, **OUTAGE, "queue": WAITING})
    harness.rest()
    discard = Chat(harness).message("green").get_by_role("button", name="Discard").first
    mouse = harness.page.mouse
    discarded = "harness.model.ops('discard').length"
    discard.hover()
    mouse.down()
    mouse.move(300, 20)
    mouse.up()
    assert harness.page.evaluate(discarded) == 0
    discard.hover()
    mouse.down()
    assert harness.page.evaluate(discarded) == 0
    mouse.up()
    assert harness.page.evaluate(discarded) == 1
