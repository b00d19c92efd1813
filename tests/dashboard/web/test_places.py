"""Where each learner of a class in the middle of a lesson is: for those who may read it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.support.class_in_lesson import STUCK, WAITING, fill_lesson
from tests.support.servers.dashboard import Dashboard, Page
from tests.support.small_class import in_store, learner
from tests.support.stores import append, says
from tutor_widget.server.store import Store

READABLE = "--readable-by-teachers"


@pytest.fixture
def keys(database: str) -> dict[str, int]:
    return fill_lesson(database)


def row(page: Page, key: int) -> str:
    """The row of a conversation, without tags."""
    found = re.search(rf'<tr id="row-{key}">(.*?)</tr>', page.html, re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]*>", " ", found[1]).split())


def test_the_list_says_at_which_step_they_are(
    start: Callable[..., Dashboard], keys: dict[str, int]
) -> None:
    """And since when; of one who is through, nothing."""
    page = start(READABLE).browser("lovelace").open("learners")
    rows = {name: row(page, key) for name, key in keys.items()}
    assert "Loops, step 6" in rows[STUCK]
    assert len(re.findall("UTC", rows[STUCK])) == 2
    assert sum("Loops, step" in one for one in rows.values()) == 18
    assert sum("Loops, step" not in one for one in rows.values()) == 6


def test_of_a_conversation_that_does_not_tell_so_the_list_says_nothing(
    start: Callable[..., Dashboard], database: str, keys: dict[str, int]
) -> None:
    """Neither the step nor the time."""

    async def fill(store: Store) -> int:
        key = await learner(store, "untold", "7b", told=False)
        await append(store, key, says("m1"))
        return key

    key = in_store(database, fill)
    page = start(READABLE).browser("lovelace").open("learners")
    assert "Loops" not in row(page, key)


def test_a_held_answer_leads_to_its_conversation(
    start: Callable[..., Dashboard], keys: dict[str, int]
) -> None:
    """Where it can be read, to its end."""
    link = f'href="/learners/{keys[WAITING]}#end"'
    assert link in start(READABLE).browser("lovelace").open("held").html
    assert "/learners/" not in start().browser("lovelace").open("held").html


def test_from_the_class_one_who_waits_is_two_clicks_away(
    start: Callable[..., Dashboard], keys: dict[str, int]
) -> None:
    """The page opens where the newest words and the field for a note are."""
    browser = start(READABLE).browser("lovelace")
    assert 'href="/waiting"' in browser.open("class").html
    assert f'href="/learners/{keys[WAITING]}#end"' in browser.open("waiting").html
    assert "Its answer is held" not in browser.open(f"learners/{keys[STUCK]}").text
    page = browser.open(f"learners/{keys[WAITING]}")
    assert "Its answer is held" in page.text
    assert page.html.index("Why does it not stop at 3?") < page.html.index('id="end"')
    assert page.html.index('id="end"') < page.html.index('id="notice"')


def test_a_question_in_a_row_is_told_without_its_marks(
    start: Callable[..., Dashboard], keys: dict[str, int]
) -> None:
    """What it is about, what is asked, and then its code."""
    page = start(READABLE).browser("lovelace").open("class")
    assert "4 indentation What appears, line by line? for n in [1, 2]: print" in page.text
    assert "`" not in page.text
