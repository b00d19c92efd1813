"""What was deleted is in no table any more."""

from __future__ import annotations

from tests.support.rows import all_rows
from tests.support.stores import fill_with, log_of
from tutor_widget.server import open_store

MARKER = "a-word-that-nobody-else-says"


async def test_nothing_of_an_erased_session_stays_in_any_table(url: str) -> None:
    """Whatever tables there are; what expires leaves nothing either, and others stay whole."""
    store = await open_store(url)
    other = await fill_with(store, "other", "ordinary")
    before = await log_of(store, other)
    for number in range(2):
        key = await fill_with(store, f"erased{number}", MARKER)
        assert MARKER in all_rows(url)
        if number:
            assert await store.expire(0, [other]) == 1
        else:
            await store.erase(key, 30)
        assert MARKER not in all_rows(url)
    assert await log_of(store, other) == before
    await store.close()
