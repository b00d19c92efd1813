"""Conversations: whose there are, one of them, and a teacher's notices into it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.servers.dashboard import Dashboard
from tests.support.small_class import ask, hold, in_store, learner
from tests.support.stores import append, log_of
from tutor_widget.server.store import Message, Store
from tutor_widget.wire import Event

READABLE = "--readable-by-teachers"
HELD = "Its answer is held"
on_both_engines = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


def notices(url: str, key: int) -> list[Event]:
    """What people have written into a conversation."""

    async def read(store: Store) -> list[Event]:
        return [event for event in await log_of(store, key) if event.by is not None]

    return in_store(url, read)


def test_nobody_reads_unless_the_operator_says_so(
    start: Callable[..., Dashboard], keys: dict[str, int]
) -> None:
    """The pages do not exist, for a teacher of all groups either."""
    browser = start().browser("babbage")
    assert "Learners" not in browser.open("held").text
    for path in ("learners", f"learners/{keys['ada']}"):
        page = browser.open(path)
        assert page.status == 404
        assert "question of ada" not in page.text


def test_a_teacher_finds_the_learners_of_her_groups(start: Callable[..., Dashboard]) -> None:
    """By a part of the name, in any case, and by group."""
    browser = start(READABLE).browser("lovelace")
    page = browser.open("learners")
    assert [name in page.text for name in ("ada", "eve", "bob")] == [True, True, False]
    page = browser.open("learners?q=AD&group=7b")
    assert [name in page.text for name in ("ada", "eve")] == [True, False]
    page = browser.open("learners?group=8a&q=bo")
    assert (page.status, "You teach no group 8a." in page.text) == (404, True)
    assert 'value="bo"' in page.html
    assert "No learner is found." in browser.open("learners?q=zzz").text


def test_the_list_of_learners_is_in_the_audit(start: Callable[..., Dashboard]) -> None:
    """It says who is at which step: one line for a page that stays open, without names."""
    dashboard = start(READABLE)
    browser = dashboard.browser("lovelace")
    for path in ("learners", "learners?q=ada", "learners?group=7b", "learners?group=8a"):
        browser.open(path)
    looks = [line for line in dashboard.audits() if line["event"] == "learners listed"]
    assert [(line["by"], line["group"]) for line in looks] == [
        ("Ms. Lovelace", ""),
        ("Ms. Lovelace", "7b"),
    ]
    assert "ada" not in str(looks)


def test_a_conversation_is_read_and_the_audit_says_by_whom(
    start: Callable[..., Dashboard], keys: dict[str, int]
) -> None:
    """One line for a look, without names of learners and without words."""
    dashboard = start(READABLE)
    browser = dashboard.browser("turing")
    page = browser.open(f"learners/{keys['ada']}")
    assert "question of ada" in page.text
    assert "Write to this learner" not in page.text
    assert [browser.open(f"learners/{key}").status for key in (keys["bob"], 999)] == [200, 404]
    looks = [line for line in dashboard.audits() if line["event"] == "conversation read"]
    assert [line["by"] for line in looks] == ["turing", "turing"]
    assert "'ada'" not in str(looks)  # within a pseudonym it may be
    assert "question" not in dashboard.log.read_text()


def test_a_conversation_is_read_if_its_learner_was_told(
    start: Callable[..., Dashboard], database: str
) -> None:
    """One that was begun before is not, until its learner is told."""

    async def begin(store: Store) -> int:
        key = await learner(store, "dan", "7b", told=False)
        await ask(store, key, "m1", "secret words", "hm")
        return key

    key = in_store(database, begin)
    browser = start(READABLE).browser("lovelace")
    page = browser.open(f"learners/{key}")
    assert (page.status, "secret words" in page.text) == (403, False)
    assert "does not tell its learner yet" in page.text
    assert "not told yet" in browser.open("learners?q=dan").text


@on_both_engines
def test_a_notice_is_written_exactly_once(
    start: Callable[..., Dashboard], database: str, keys: dict[str, int]
) -> None:
    """Also if the dashboard dies before it answers, and the form is sent again to another one."""
    dashboard = start(READABLE)
    browser = dashboard.browser("lovelace")
    path = f"learners/{keys['ada']}"
    page = browser.open(path)
    fields = {"id": page.hidden("id"), "text": "See me after class."}
    assert (
        "Your words are in the learner’s conversation." in browser.send(page, path, **fields).text
    )
    dashboard.kill()
    dashboard.start()
    again = browser.send(page, path, **fields)
    assert "These words were sent before." in again.text
    (notice,) = notices(database, keys["ada"])
    assert (notice.role, notice.by, notice.text) == ("notice", "Ms. Lovelace", fields["text"])
    lines = [line for line in dashboard.audits() if line["event"] == "notice written"]
    assert len(lines) == 1


def test_a_long_conversation_comes_in_pages(start: Callable[..., Dashboard], database: str) -> None:
    """The newest first; nothing is left out and nothing comes twice."""

    async def fill(store: Store) -> int:
        key = await learner(store, "dan", "7b")
        for n in range(60):
            await ask(store, key, f"m{n}", f"question number {n}.", "ok")
        return key

    key = in_store(database, fill)
    browser = start(READABLE).browser("lovelace")
    path, seen = f"learners/{key}", []
    while path:
        html = browser.open(path).html
        seen += [n for n in range(60) if f"question number {n}." in html]
        _, earlier, rest = html.partition("?before=")
        path = f"learners/{key}?before={rest.partition(chr(34))[0]}" if earlier else ""
    assert sorted(seen) == [*range(60)]


def test_markup_in_a_conversation_stays_text(
    start: Callable[..., Dashboard], database: str
) -> None:
    """No element and no attribute comes from a message, and none has a style of its own."""

    async def fill(store: Store) -> int:
        key = await learner(store, "dan", "7b")
        table = "| a |\n|--:|\n| <img src=x onerror=alert(1)> |"
        await ask(store, key, "m1", '<script>alert(1)</script>" onload="x', table)
        return key

    key = in_store(database, fill)
    page = start(READABLE).browser("lovelace").open(f"learners/{key}")
    assert "<script>alert" not in page.html
    assert "<img" not in page.html
    assert "style=" not in page.html
    assert 'class="right"' in page.html


def test_what_a_learner_attached_is_shown_as_text(
    start: Callable[..., Dashboard], database: str
) -> None:
    """The cell and the error, whatever is in them."""

    async def fill(store: Store) -> int:
        key = await learner(store, "dan", "7b")
        error = {"name": "NameError", "message": "<b>x</b>", "traceback": "line 1"}
        message = Message("m1", "why?", {"cell": "print(<x>)", "error": error})
        await append(store, key, message)
        return key

    key = in_store(database, fill)
    page = start(READABLE).browser("lovelace").open(f"learners/{key}")
    assert "print(&lt;x&gt;)" in page.html
    assert "line 1\nNameError: &lt;b&gt;x&lt;/b&gt;" in page.html


@pytest.mark.parametrize(("text", "status"), [(" ", 422), ("x" * 32_769, 422)])
def test_a_notice_that_cannot_be_sent_is_kept(
    start: Callable[..., Dashboard], keys: dict[str, int], text: str, status: int
) -> None:
    """Under the same id."""
    browser = start(READABLE).browser("lovelace")
    path = f"learners/{keys['ada']}"
    page = browser.open(path)
    sent = browser.send(page, path, id=page.hidden("id"), text=text)
    assert (sent.status, sent.typed("text")) == (status, text)
    assert sent.hidden("id") == page.hidden("id")


def test_a_notice_to_a_conversation_that_was_deleted_is_kept(
    start: Callable[..., Dashboard], database: str, keys: dict[str, int]
) -> None:
    """By the page that says so. Nothing is written, and no line of the audit says it was."""
    dashboard = start(READABLE)
    browser = dashboard.browser("lovelace")
    path = f"learners/{keys['ada']}"
    page = browser.open(path)
    fields = {"id": page.hidden("id"), "text": "See me\nafter class."}

    async def erase(store: Store) -> None:
        await store.erase(keys["ada"], 1)

    in_store(database, erase)
    sent = browser.send(page, path, **fields)  # before the dashboard has read of it, or after
    browser.until(path, lambda page: page.status == 404, f"conversation-{keys['ada']}")
    again = browser.send(page, path, **fields)
    assert (sent.status in (404, 410), again.status) == (True, 404)
    assert "deleted" in sent.text
    assert "There is no such conversation (it may have been deleted)" in again.text
    assert sent.typed("kept-0") == again.typed("kept-0") == fields["text"]
    assert [line for line in dashboard.audits() if line["event"] == "notice written"] == []


def test_words_are_found_in_a_conversation(
    start: Callable[..., Dashboard], keys: dict[str, int]
) -> None:
    """In large or small letters. What does not have them is not shown."""
    browser = start(READABLE).browser("turing")
    page = browser.open(f"learners/{keys['ada']}?q=ANSWER+to")
    assert "1 message has these words" in page.text
    assert [words in page.text for words in ("answer to ada", "question of ada")] == [True, False]
    assert "0 messages have" in browser.open(f"learners/{keys['ada']}?q=zzz").text


def test_a_conversation_is_told_what_is_held_by_its_own_topic(
    start: Callable[..., Dashboard], database: str, keys: dict[str, int]
) -> None:
    """A hold and a release are changes of the conversation: those of others do not matter to it."""
    browser = start(READABLE).browser("turing")
    path, topic = f"learners/{keys['ada']}", f"conversation-{keys['ada']}"
    page = browser.open(path)
    assert f'data-topics="{topic}"' in page.html
    assert f">{HELD}<" in page.html

    async def release(store: Store) -> None:
        await store.approve(keys["ada"], "m2")

    async def keep(store: Store) -> None:
        await hold(store, keys["ada"], "m3", "more", "a later draft")

    in_store(database, release)
    browser.until(path, lambda page: f">{HELD}<" not in page.html, topic)
    in_store(database, keep)
    browser.until(path, lambda page: f">{HELD}<" in page.html, topic)
