"""Answers that wait for a person."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.servers.dashboard import Browser, Dashboard, Page
from tests.support.small_class import hold, in_store, learner
from tests.support.stores import log_of
from tutor_widget.server.store import Erased, Store
from tutor_widget.wire import Event

on_both_engines = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


def answers(url: str, key: int, re: str) -> list[Event]:
    """The answers to a message that its learner has."""

    async def read(store: Store) -> list[Event]:
        return [event for event in await log_of(store, key) if event.re == re]

    return in_store(url, read)


def record(url: str, key: int, re: str) -> object:
    """What is kept of who let the answer go."""

    async def read(store: Store) -> object:
        entries = await store.entries(key, 0, 100)
        assert not isinstance(entries, Erased)
        return next(e.record.get("approved") for e in entries if e.event.re == re)

    return in_store(url, read)


def release(browser: Browser, page: Page, key: int, how: str, text: str = "") -> Page:
    return browser.send(page, f"held/{key}/m2", how=how, text=text)


@on_both_engines
def test_an_answer_is_released(
    start: Callable[..., Dashboard], database: str, keys: dict[str, int]
) -> None:
    """Its learner has it once, as it was; the record and one line of the audit say by whom."""
    dashboard = start()
    browser = dashboard.browser("lovelace")
    page = browser.open("held")
    assert "draft for ada" in page.text
    assert "draft for bob" not in page.text  # of a group that she does not teach
    page = release(browser, page, keys["ada"], "release")
    assert "The answer is released." in page.text
    assert "draft for ada" not in page.text
    (answer,) = answers(database, keys["ada"], "m2")
    assert (answer.text, answer.status) == ("draft for ada", "complete")
    by = {"by": "Ms. Lovelace", "edited": False}
    assert record(database, keys["ada"], "m2") == by
    lines = [line for line in dashboard.audits() if line["event"] == "held answer released"]
    assert [(line["by"], line["edited"]) for line in lines] == [("Ms. Lovelace", False)]
    assert "ada" not in dashboard.log.read_text()


@pytest.mark.parametrize("how", ["edit", "other"])
def test_a_teacher_s_own_text_goes_out(
    start: Callable[..., Dashboard], database: str, keys: dict[str, int], how: str
) -> None:
    """As she typed it, also what would be markup in the page."""
    browser = start().browser("babbage")
    text = "\n  <b>bold</b> & \n\n</textarea> `x`"
    page = release(browser, browser.open("held"), keys["bob"], how, text)
    assert "Your text is sent as the answer." in page.text
    assert [event.text for event in answers(database, keys["bob"], "m2")] == [text]
    assert record(database, keys["bob"], "m2") == {"by": "babbage", "edited": True}


def test_the_first_wins_and_the_other_is_told_by_whom(
    start: Callable[..., Dashboard], tmp_path: Path, database: str, keys: dict[str, int]
) -> None:
    """In two dashboards at once: one event, and what the other teacher typed is still there."""
    with Dashboard(tmp_path, database) as second:
        pairs = [(start(), "lovelace"), (second, "babbage")]
        browsers = [dashboard.browser(teacher) for dashboard, teacher in pairs]
        pages = [browser.open("held") for browser in browsers]
        with ThreadPoolExecutor(2) as threads:
            sent = [
                threads.submit(release, browser, page, keys["eve"], "other", f"text {n}")
                for n, (browser, page) in enumerate(zip(browsers, pages, strict=True))
            ]
            done = [each.result() for each in sent]
    (answer,) = answers(database, keys["eve"], "m2")
    winner = int(answer.text.removeprefix("text "))
    names = ["Ms. Lovelace", "babbage"]
    assert [page.status for page in done] == [200, 409] if winner == 0 else [409, 200]
    loser = done[1 - winner]
    assert f"Too late: {names[winner]} has released this answer already" in loser.text
    assert loser.typed("kept-lost") == f"text {1 - winner}"


def test_an_answer_whose_time_is_over_cannot_be_changed(
    start: Callable[..., Dashboard], database: str, keys: dict[str, int]
) -> None:
    """It went out by itself, and the teacher is told."""
    browser = start().browser("lovelace")
    page = browser.open("held")

    async def publish(store: Store) -> None:
        await store.approve(keys["ada"], "m2")

    in_store(database, publish)
    page = release(browser, page, keys["ada"], "edit", "too late")
    assert page.status == 409
    assert "the answer has gone out by itself" in page.text
    assert page.typed("kept-lost") == "too late"


@pytest.mark.parametrize(
    ("text", "fault"),
    [(" \n\t", "the text is blank"), ("x" * 32_769, "32,769 characters, and at most 32,768")],
)
def test_what_cannot_be_sent_is_said_and_kept(
    start: Callable[..., Dashboard], keys: dict[str, int], text: str, fault: str
) -> None:
    """The form is open again, with what was typed."""
    browser = start().browser("lovelace")
    page = release(browser, browser.open("held"), keys["ada"], "other", text)
    assert page.status == 422
    assert fault in page.text
    assert page.typed(f"other-{keys['ada']}-m2") == text
    assert page.typed(f"edit-{keys['ada']}-m2") == "draft for ada"


def test_a_reader_releases_nothing(
    start: Callable[..., Dashboard], database: str, keys: dict[str, int]
) -> None:
    """There is no button, and a request without one is refused, in words."""
    browser = start().browser("turing")
    page = browser.open("held")
    assert ("draft for ada" in page.text, "Edit and release" in page.text) == (True, False)
    page = release(browser, page, keys["ada"], "other", "mine")
    assert page.status == 403
    assert "You can read this group and not write to it." in page.text
    assert page.typed("kept-0") == "mine"
    assert answers(database, keys["ada"], "m2") == []


def test_another_group_s_answer_does_not_exist(
    start: Callable[..., Dashboard], database: str, keys: dict[str, int]
) -> None:
    """For a teacher who does not teach it; so does one that never was."""
    browser = start().browser("lovelace")
    page = browser.open("held")
    statuses = {release(browser, page, key, "release").status for key in (keys["bob"], 999)}
    assert statuses == {404}
    assert answers(database, keys["bob"], "m2") == []


def test_what_is_held_later_appears(
    start: Callable[..., Dashboard], database: str, keys: dict[str, int]
) -> None:
    """Without a restart, and with the time at which it goes out by itself."""
    browser = start().browser("lovelace")

    async def publish(store: Store) -> None:
        await store.approve(keys["ada"], "m2")
        await hold(store, keys["ada"], "m3", "more", "later draft", 900)

    in_store(database, publish)
    wait_for(browser, "held", "later draft")
    assert "It goes out by itself at" in browser.open("held").text


def wait_for(browser: Browser, path: str, words: str) -> None:
    """Ask until the page has the words. The test's own limit ends it."""
    while words not in browser.open(path).text:
        pass


def test_a_long_list_shows_those_that_wait_longest(
    start: Callable[..., Dashboard], database: str
) -> None:
    """And says how many there are."""

    async def fill(store: Store) -> None:
        for n in range(52):
            key = await learner(store, f"dan-{n}", "9c")
            await hold(store, key, "m1", "a question", f"draft {n}.")

    in_store(database, fill)
    page = start().browser("babbage").open("held")
    assert "55 answers wait for a person. 50 of 55 are shown." in page.text
    assert ("draft 46." in page.text, "draft 47." in page.text) == (True, False)


def test_an_answer_that_its_learner_stopped_is_not_said_to_be_sent(
    start: Callable[..., Dashboard], database: str, keys: dict[str, int]
) -> None:
    """It is empty, whatever a teacher wrote: her text stays, and no line says that it went out."""

    async def stop(store: Store) -> None:
        assert await store.stop(keys["ada"], "m2")

    in_store(database, stop)
    dashboard = start()
    browser = dashboard.browser("lovelace")
    page = release(browser, browser.open("held"), keys["ada"], "other", "my own words")
    assert (page.status, "The learner has stopped this answer." in page.text) == (409, True)
    assert "my own words" in page.html
    (answer,) = answers(database, keys["ada"], "m2")
    assert (answer.text, answer.status) == ("", "stopped")
    assert "held answer released" not in {line["event"] for line in dashboard.audits()}


def test_each_answer_that_is_shown_is_in_the_audit(
    start: Callable[..., Dashboard], database: str, keys: dict[str, int]
) -> None:
    """Also a second one of the same learner; and one that is shown again is no second look."""
    dashboard = start()
    browser = dashboard.browser("lovelace")
    browser.open("held")

    async def again(store: Store) -> None:
        await store.approve(keys["ada"], "m2")
        await hold(store, keys["ada"], "m3", "and a third of ada", "another draft")

    in_store(database, again)
    browser.until("held", "another draft", "held")
    browser.open("held")
    shown = [line for line in dashboard.audits() if line["event"] == "held answer shown"]
    assert len(shown) == 3  # of Ada's two, and of Eve's
