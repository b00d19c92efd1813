"""The page of the class: where it is, told of many and never of one."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.support.lesson_class import Taken
from tests.support.servers.dashboard import Browser, Dashboard, Page
from tests.support.small_class import in_store
from tutor_widget.server.store import Message, Store

on_both_engines = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


def until(browser: Browser, words: str) -> Page:
    """The page of the class, once it says this."""
    return browser.until("class", words, "figures", "waiting")


def table(page: Page) -> list[list[str]]:
    """The rows of the table of figures, as a reader has them."""
    body = page.html.split("<tbody>", 1)[1].split("</tbody>", 1)[0]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in body.split("<tr>")]
    return [row for row in cells if row]


@on_both_engines
def test_a_teacher_sees_where_her_class_is(start: Callable[..., Dashboard]) -> None:
    """How many are at a step, how it went, and what it took."""
    page = start().browser("lovelace").open("class")
    first, second, third = table(page)
    assert first == [
        "1",
        "6",
        "0",
        "0",
        "6",
        "0",
        "6",
        "2.0",
        "1.5",
        "6",
        "0",
        first[11],
        "up to 1 min",
    ]
    assert ">1 min</span>" in first[11]
    now = re.search(r'<body data-now="(\d+)"', page.html)
    came = re.search(r'data-since="(\d+)".* data-most="120"', first[11])
    assert now is not None
    assert came is not None
    assert int(came[1]) <= int(now[1])
    assert "6 here now On average here for 1 min" in page.text
    assert second[2:7] == ["0", "0", "6", "0", "0"]
    assert third[2:7] == ["6", "0", "0", "0", "0"]
    assert (second[1], third[1]) == ("not shown", "not shown")
    assert "6 here now" in page.text
    assert "without help" in page.text


def test_of_fewer_than_five_nothing_is_shown(start: Callable[..., Dashboard]) -> None:
    """And the page says why. A page of all shows what a page of a group shows, and no more."""
    dashboard = start()
    page = dashboard.browser("hopper").open("class")
    assert "No figures yet. They appear when at least 5 learners" in page.text
    assert "<tbody>" not in page.html
    everything = table(dashboard.browser("babbage").open("class"))
    assert everything == table(dashboard.browser("lovelace").open("class"))


def test_before_the_lesson_a_teacher_sees_what_will_be_asked(
    start: Callable[..., Dashboard],
) -> None:
    """Also which questions are checks. A lesson with figures is not listed again."""
    dashboard = start()
    before = dashboard.browser("hopper").open("class").text
    assert "Lessons without figures yet Loops: 3 steps (1 without help)" in before
    assert "counting Say stop! without help" in before
    assert "Lessons without figures yet" not in dashboard.browser("lovelace").open("class").text


def test_a_page_is_of_one_group_if_she_asks(start: Callable[..., Dashboard]) -> None:
    """Of a group of hers; another one is none to her."""
    browser = start().browser("turing")
    assert "6 here now" in browser.open("class?group=7b").text
    assert "6 here now" not in browser.open("class?group=8a").text
    for tab in ("class", "misconceptions", "concepts"):
        page = browser.open(f"{tab}?group=9c")
        assert (page.status, "You teach no group 9c." in page.text) == (404, True)
        assert "<tbody>" not in page.html


def test_figures_move_when_five_have_moved(
    start: Callable[..., Dashboard], database: str, taken: list[Taken]
) -> None:
    """Four change nothing that is shown. A dashboard that starts anew shows the same."""
    dashboard = start()
    browser = dashboard.browser("lovelace")
    before = table(browser.open("class"))
    stuck = [one for one in taken if one.seat.account.startswith("stuck")]

    def solve(some: list[Taken]) -> None:
        async def act(store: Store) -> None:
            for one in some:
                await one.act(store, "right")
            await store.append(some[-1].key, Message("w", "wait for me"))

        in_store(database, act)

    solve(stuck[:4])
    page = until(browser, "1 learner waits for an answer.")
    assert table(page) == before
    again = start().browser("lovelace")
    assert table(again.open("class")) == before
    solve(stuck[4:5])
    moved = [
        browser_.until("class", lambda page: table(page)[1][1] == "5", "figures", "waiting")
        for browser_ in (browser, again)
    ]
    assert table(moved[0])[0][2:7] == ["0", "0", "11", "0", "1"]
    assert table(moved[1]) == table(moved[0])


def test_it_says_who_waits_and_who_has_no_questions_left(
    start: Callable[..., Dashboard], database: str, taken: list[Taken]
) -> None:
    """Of her groups; of a budget only while the day lasts."""
    day = 2_000_000_000_000

    async def act(store: Store) -> None:
        for n, budget in ((0, {"left": 0, "until": day}), (1, {"left": 0.1, "until": 1_000})):
            taken[n].seat.state |= {"ai": True, "budget": budget}
            await taken[n].act(store, "talk")
        taken[12].seat.state |= {"budget": {"left": 0.1, "until": day}}
        await taken[12].act(store, "fail")

    in_store(database, act)
    dashboard = start()
    page = dashboard.browser("lovelace").open("class")
    assert "Nobody waits for an answer." in page.text
    assert "done0 : used up; it goes on at 2033-05-18 03:33 UTC" in page.text.replace(
        "done0:", "done0 :"
    )
    assert "done1" not in page.text
    assert "other0" not in page.text
    page = dashboard.browser("hopper").open("class")
    assert "In 1 conversation the last answer failed." in page.text
    assert "less than a fifth is left until" in page.text


def test_errors_are_named_with_how_many_attached_them(
    start: Callable[..., Dashboard], database: str, taken: list[Taken]
) -> None:
    """Of at least five learners."""

    async def act(store: Store) -> None:
        for n, one in enumerate(taken[6:12]):
            await one.act(store, "talk", error="NameError" if n < 5 else "TypeError")

    in_store(database, act)
    page = start().browser("lovelace").open("class")
    assert "Loops, 1 NameError 5" in page.text
    assert "TypeError" not in page.text
