"""Who waits, and the pages about the class."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.servers.dashboard import Dashboard
from tests.support.small_class import ask, in_store
from tests.support.stores import append, claim, says
from tutor_widget.server.store import Answer, Store


def test_who_waits_is_listed_for_those_who_teach_them(
    start: Callable[..., Dashboard], database: str, keys: dict[str, int]
) -> None:
    """A failed answer last; nobody's words are there, and no link where nobody may read."""

    async def write(store: Store) -> None:
        await ask(store, keys["ada"], "m3", "some words")
        await store.approve(keys["eve"], "m2")
        await append(store, keys["eve"], says("m3"))
        await store.answer(await claim(store, keys["eve"]), Answer("_m3", "m3", "", "failed"))

    in_store(database, write)
    page = start().browser("turing").open("waiting")
    text = page.text
    assert text.index("2 messages wait") < text.index("The last answer failed")
    assert "some words" not in text
    assert "/learners/" not in page.html
    assert "bob" in text


def test_the_first_page_is_the_class(start: Callable[..., Dashboard]) -> None:
    """With a tab for each page, of which one is the present one."""
    dashboard = start()
    page = dashboard.browser("turing").open("")
    assert page.url == f"{dashboard.url}class"
    assert page.html.count('aria-current="page"') == 1
