"""An open page of the dashboard keeps itself up to date, and takes nothing away."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.servers.dashboard import Dashboard
from tests.support.small_class import ask, hold, in_store
from tutor_widget.server.store import Store

Open = Callable[..., Page]


def test_a_change_takes_neither_focus_nor_words(
    open_as: Open, database: str, keys: dict[str, int]
) -> None:
    """Where the caret is and what is selected stays, while another answer comes in."""
    page = open_as("lovelace", "held")
    eve = page.get_by_role("article", name="eve")
    eve.get_by_text("Write another answer").click()
    box = eve.get_by_label("Your answer")
    box.fill("half a sentence")
    box.evaluate("box => box.setSelectionRange(2, 6)")

    async def publish(store: Store) -> None:
        await store.approve(keys["ada"], "m2")
        await hold(store, keys["ada"], "m3", "more", "a later draft")

    in_store(database, publish)
    expect(page.get_by_text("a later draft").first).to_be_visible()
    expect(page.locator("#news")).to_have_text("This page has changed.")
    expect(box).to_be_focused()
    expect(box).to_have_value("half a sentence")
    assert box.evaluate("box => [box.selectionStart, box.selectionEnd]") == [2, 6]


def test_what_somebody_else_released_stays_while_words_are_in_it(
    open_as: Open, keys: dict[str, int]
) -> None:
    """It says so, and its words can still be copied."""
    page, other = open_as("lovelace", "held"), open_as("babbage", "held")
    ada = page.get_by_role("article", name="ada")
    ada.get_by_text("Edit and release").click()
    ada.get_by_label("The answer, to be edited").fill("my version")
    other.get_by_role("article", name="ada").get_by_role("button", name="Release").first.click()
    expect(other.get_by_text("The answer is released.")).to_be_focused()
    expect(other.get_by_role("article", name="ada")).to_have_count(0)
    expect(ada.get_by_text("This is not in the list any more.")).to_be_visible()
    expect(ada.get_by_label("The answer, to be edited")).to_have_value("my version")
    expect(ada.get_by_role("button", name="Release this text")).to_be_disabled()


def test_a_form_that_is_sent_takes_nothing_from_the_others(
    open_as: Open, keys: dict[str, int]
) -> None:
    """What is typed in another one stays; what was done is said, and has the focus."""
    page = open_as("babbage", "held")
    bob, ada = (page.get_by_role("article", name=name) for name in ("bob", "ada"))
    bob.get_by_text("Write another answer").click()
    bob.get_by_label("Your answer").fill("half a sentence")
    ada.get_by_text("Write another answer").click()
    ada.get_by_label("Your answer").fill(" ")
    ada.get_by_role("button", name="Send this answer").click()
    expect(page.get_by_text("the text is blank")).to_be_focused()
    ada.get_by_label("Your answer").fill("A better answer.")
    ada.get_by_role("button", name="Send this answer").click()
    expect(page.get_by_text("Your text is sent as the answer.")).to_be_focused()
    expect(ada).to_have_count(0)
    expect(bob.get_by_label("Your answer")).to_have_value("half a sentence")


def test_a_conversation_grows_while_it_is_read(
    open_as: Open, database: str, keys: dict[str, int]
) -> None:
    """And a notice is in it at once; the next one is another."""
    page = open_as("lovelace", f"learners/{keys['ada']}")
    for n in range(2):
        page.get_by_label("Your words").fill(f"words {n}")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text("Your words are in the learner")).to_be_focused()
        expect(page.get_by_role("article", name="Ms. Lovelace").nth(n)).to_contain_text(
            f"words {n}"
        )
        expect(page.get_by_label("Your words")).to_have_value("")

    async def publish(store: Store) -> None:
        await store.approve(keys["ada"], "m2")
        await ask(store, keys["ada"], "m3", "one more question")

    in_store(database, publish)
    expect(page.get_by_text("one more question")).to_be_visible()


def test_a_conversation_that_is_deleted_leaves_what_is_typed(
    open_as: Open, database: str, keys: dict[str, int]
) -> None:
    """The page says so at once, and again to who sends it anyway. The words can be copied."""
    page = open_as("lovelace", f"learners/{keys['ada']}")
    words = page.get_by_label("Your words")
    words.fill("See me after class.")

    async def erase(store: Store) -> None:
        await store.erase(keys["ada"], 1)

    in_store(database, erase)
    gone = page.locator("#notes").get_by_text("There is no such conversation")
    expect(gone).to_be_visible()
    expect(words).to_have_value("See me after class.")
    page.get_by_role("button", name="Send").click()
    expect(gone).to_be_focused()
    expect(words).to_have_value("See me after class.")


def test_an_outage_of_the_dashboard_is_said_and_ends(open_as: Open, dashboard: Dashboard) -> None:
    """What is typed stays, is sent once the dashboard is back, and nobody has to sign in again."""
    page = open_as("lovelace", "held")
    ada = page.get_by_role("article", name="ada")
    ada.get_by_text("Write another answer").click()
    ada.get_by_label("Your answer").fill("my words")
    dashboard.kill()
    expect(page.locator("#news")).to_contain_text("No connection to the dashboard.")
    ada.get_by_role("button", name="Send this answer").click()
    expect(ada.get_by_label("Your answer")).to_have_value("my words")
    dashboard.start()
    expect(page.locator("#news")).to_contain_text("Connected again.")
    ada.get_by_role("button", name="Send this answer").click()
    expect(page.get_by_text("Your text is sent as the answer.")).to_be_visible()


def test_times_are_the_reader_s_own(open_as: Open) -> None:
    """The server knows no zone; a program still finds the exact time."""
    page = open_as("lovelace", "held", timezone_id="Asia/Kathmandu")
    time = page.locator("time").first
    shown = time.inner_text()
    utc = time.get_attribute("datetime")
    assert utc is not None
    assert "UTC" not in shown
    assert int(shown[-2:]) == (int(utc[14:16]) + 45) % 60
