"""A long conversation: earlier messages, what is new, and how smooth it stays."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.harness import NOW, ROOT, Harness, traits
from tests.support.browser.jupyter import Notebook
from tests.support.paths import SCRIPTS
from tests.support.servers.processes import Tutor

SESSION = "a-long-conversation"


@pytest.fixture(scope="module")
def the_page(chromium: Browser) -> Iterator[Harness]:
    # Apart from JupyterLab's: the harness stops the clock of all pages of its context.
    with chromium.new_context() as context:
        yield Harness(context.new_page(), SCRIPTS / "drawing.js")


@pytest.fixture
def page(the_page: Harness) -> Harness:
    the_page.reset()
    # Words come at once and not bit by bit, so that what is drawn can be counted.
    the_page.page.emulate_media(reduced_motion="reduce")
    return the_page


def test_a_token_and_a_key_draw_the_same_whatever_the_history(page: Harness) -> None:
    """As many nodes change with 5,000 messages as with 50, and few of them are laid out."""
    drawn = {}
    for count in (50, 5_000):
        page.show({"history": [said(n) for n in range(count)]})
        chat = page.page.locator("#views > div")
        expect(chat.get_by_test_id("message")).to_have_count(count, timeout=90_000)
        chat.evaluate("chat => drawing.watch(chat.shadowRoot)")
        page.page.evaluate(STREAM)
        expect(chat.get_by_test_id("message").last).to_contain_text("word 49")
        streamed = page.page.evaluate("drawing.count()")
        chat.evaluate("chat => drawing.watch(chat.shadowRoot)")
        chat.get_by_test_id("composer").press_sequentially("a question")
        drawn[count] = streamed, page.page.evaluate("drawing.count()")
    assert drawn[50][0] == drawn[5_000][0] <= 5 * 50
    assert max(drawn[50][1], drawn[5_000][1]) < len("a question")
    groups = page.page.locator("#views > div").locator(".group")
    assert groups.count() <= 5_000 / 25
    assert groups.evaluate_all(SPARED) >= groups.count() - 5


def said(n: int) -> dict[str, Any]:
    role = "tutor" if n % 2 else "learner"
    event = {"seq": n + 1, "id": f"e{n}", "role": role, "text": f"message {n}", "at": 60_000 * n}
    return {**event, "status": "complete", **({"re": f"e{n - 1}"} if n % 2 else {})}


FRAMES = """() => new Promise(
  done => requestAnimationFrame(() => requestAnimationFrame(done)))"""
SPARED = """groups => {
  const isDrawn = (group) => group.firstChild.checkVisibility({ contentVisibilityAuto: true });
  return groups.filter((group) => !isDrawn(group)).length;
}"""
STREAM = """async () => {
  const { model } = harness;
  model.change({ reply: { re: "q", id: "r", from: 0, text: "" } });
  let from = 0;
  for (let n = 0; n < 50; n++) {
    const text = `word ${n} `;
    model.change({ reply: { from, text } });
    from += text.length;
    await scheduler.yield();
  }
}"""


def top(part: Locator) -> float:
    box = part.bounding_box()
    assert box is not None
    return box["y"]


def test_earlier_messages_come_in_above_what_is_read(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """A click brings them, what is read stays in its place; without a tutor it is said."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    tutor.fill(SESSION, [f"message {n:03}" for n in range(310)])
    notebook = open_notebook(chat_cell(tutor.url, SESSION))
    notebook.run(0)
    chat = Chat(notebook)
    chat.settle(500)
    first = chat.messages.first
    number = first.locator(".body").text_content() or ""
    older = chat.root.get_by_role("button", name="Earlier messages")
    chat.transcript.evaluate("log => log.scrollTo(0, 0)")
    expect(older).to_be_in_viewport()

    tutor.kill()
    expect(chat.badge).to_contain_text("Reconnecting")
    older.click()
    expect(chat.notes).to_contain_text("The tutor cannot be reached at the moment.")
    tutor.start()
    expect(chat.badge).to_have_text("Connected")

    read = chat.message(number).first
    before = top(read) - top(chat.transcript)
    older.click()
    chat.settle(600)
    assert abs(top(read) - top(chat.transcript) - before) < 3
    expect(older).to_have_text("Earlier messages")
    chat.transcript.evaluate("log => log.scrollTo(0, 0)")
    older.click()
    chat.settle(620)
    expect(older).to_be_hidden()
    expect(chat.messages.first).to_contain_text("message 000")


def test_the_pages_search_finds_what_is_out_of_sight(page: Harness) -> None:
    """All messages are in the page, though few are laid out: what a search finds can be gone to."""
    page.show({"history": [said(n) for n in range(400)]})
    chat = Chat(page)
    chat.settle(400)
    sought = chat.message("message 150")
    expect(sought).not_to_be_in_viewport()
    assert page.page.evaluate("window.find('message 150')")
    assert page.page.evaluate("String(getSelection())") == "message 150"
    sought.scroll_into_view_if_needed()
    expect(sought).to_be_in_viewport()
    assert not page.page.evaluate("window.find('message 999')")


DAY: Final = 86_400


def test_days_and_times_are_the_readers_own(harness: Harness) -> None:
    """A line for each day that something was said, named as people do; the clock beside each name.

    A reply given after midnight stands with what it answers, and its day comes with what follows.
    """

    def at(seconds: float) -> dict[str, Any]:
        return {"at": NOW + round(seconds * 1000)}

    midnight = 10 * 3600 + 3 * 60  # so long before NOW
    history = [
        said(0) | at(-400 * DAY),
        said(1) | at(-400 * DAY + 60),
        said(2) | at(-2 * DAY),
        said(4) | at(-midnight - 60),
        said(5) | at(-midnight + 60),
        said(6) | at(-60),
    ]
    harness.show({**traits(), "history": history})
    harness.rest()
    chat = Chat(harness)
    days = harness.page.locator(".day")
    first = ["Sunday, 1 December 2024", "Saturday 3 January", "Yesterday", "Today"]
    expect(days).to_have_text(first)
    times = ["10:03", "10:04", "10:03", "23:59", "00:01", "10:02"]
    expect(chat.messages.locator("time")).to_have_text(times)
    for message, event in zip(chat.messages.all(), history, strict=True):
        told = message.locator("time").get_attribute("datetime")
        assert told is not None
        assert datetime.fromisoformat(told).timestamp() * 1000 == event["at"]

    harness.later(DAY)
    harness.change({"events": [said(8) | {"seq": 10} | at(DAY)]})
    expect(days).to_have_text([*first[:2], "Sunday 4 January", "Yesterday", "Today"])

    harness.show({**traits(), "history": history, "_view": {"lang": "de"}, "_words": words("de")})
    harness.rest()
    expect(days).to_have_text(
        ["Sonntag, 1. Dezember 2024", "Samstag, 3. Januar", "Gestern", "Heute"]
    )


def words(lang: str) -> Any:
    path = ROOT / "tutor_widget" / "words" / f"{lang}.json"
    return json.loads(path.read_text("utf-8"))["browser"]


def test_who_reads_the_end_stays_there_when_the_window_changes(page: Harness) -> None:
    """A narrower chat is a longer one; only the reader's own scrolling leaves its end."""
    page.show({"history": [{**said(n), "text": "a long message " * 30} for n in range(40)]})
    chat = Chat(page)
    chat.settle(40)
    for width in (700, 1200, 500, 1000):
        page.size(width)
        page.page.evaluate(FRAMES)
        expect(chat.root.locator("button.jump")).to_be_hidden()
        above = chat.transcript.evaluate("log => log.scrollTop")
        below = chat.transcript.evaluate("log => log.scrollHeight - log.clientHeight") - above
        assert below < 24 < above


def test_a_long_answer_is_read_from_its_question_on(page: Harness) -> None:
    """While it grows, the question stays at the top and a button leads to the end."""
    page.show({"history": [said(n) for n in range(20)]})
    chat = Chat(page)
    question = {**said(20), "id": "q", "text": "why?"}
    page.change({"events": [question], "reply": {"re": "q", "id": "r", "from": 0, "text": ""}})
    text = "".join(f"Line {n}\n\n" for n in range(40))
    jump = chat.root.locator("button.jump")
    for start in range(0, len(text), 50):
        page.change({"reply": {"from": start, "text": text[start : start + 50]}})
        page.rest()
    asked = chat.message("why?")
    assert 0 <= top(asked) - top(chat.transcript) < 24
    expect(jump).to_have_text("Latest messages")
    answer = {"seq": 22, "id": "r", "role": "tutor", "text": text, "at": 60_000 * 21}
    page.change({"events": [{**answer, "status": "complete", "re": "q"}]})
    page.rest()
    assert 0 <= top(asked) - top(chat.transcript) < 24
    jump.click()
    expect(jump).to_be_hidden()
    expect(chat.message("Line 39").get_by_text("Line 39")).to_be_in_viewport()


def test_an_answer_out_of_sight_is_counted_in_the_title(page: Harness) -> None:
    """Until the chat is scrolled into sight; of what is in sight nothing is counted."""
    page.show({"history": [said(0)]})
    document, chat = page.page, Chat(page)
    title = document.title()
    document.evaluate("document.body.style.paddingBlock = '3000px'; scrollTo(0, 0)")
    expect(chat.root).not_to_be_in_viewport()
    document.evaluate(FRAMES)  # so the page has heard of it
    for n in (1, 2):
        page.change({"events": [{**said(n), "role": "tutor"}]})
        expect(document).to_have_title(f"({n}) {title}")
    chat.root.scroll_into_view_if_needed()
    expect(document).to_have_title(title)
    page.change({"events": [{**said(3), "role": "tutor"}]})
    expect(chat.messages).to_have_count(4)
    assert document.title() == title
    document.evaluate("document.body.style.paddingBlock = ''")


def test_what_is_new_is_marked_until_the_reader_speaks(page: Harness) -> None:
    """Who reads further up is left in peace: a count at the jump button, a line above the first."""
    page.show({**traits(), "history": [said(n) for n in range(40)]})
    chat = Chat(page)
    chat.settle(40)
    chat.transcript.evaluate("log => log.scrollTo(0, 0)")
    # The page has heard of the scrolling, and must before anything is said.
    expect(chat.root.locator("button.jump")).to_be_visible()
    news = [said(n) for n in range(40, 44)]
    page.change({"events": [news[0], {**news[1], "text": "news"}, *news[2:]]})
    chat.settle(44)
    jump = chat.root.get_by_role("button", name="2 new messages")
    expect(jump).to_be_visible()
    mark = chat.root.locator(".unread")
    expect(mark).to_have_text("New")
    expect(mark.locator("xpath=following-sibling::*[1]").locator(".body")).to_have_text("news")
    jump.click()
    expect(mark).to_be_in_viewport()
    chat.say("seen")
    expect(mark).to_have_count(0)
