"""What a browser is told, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import pytest

from tests.support.servers.dashboard import Browser, Dashboard
from tests.support.servers.open_pages import OpenPage
from tests.support.servers.peers import PATIENCE
from tests.support.small_class import in_store
from tutor_widget.dashboard.web.text import drawn_answer, drawn_question
from tutor_widget.server.store import Store

PAGES = "class misconceptions concepts held reports waiting learners".split()


def test_every_answer_has_a_strict_policy(start: Callable[..., Dashboard]) -> None:
    """Nothing from elsewhere, nothing inline, no frame, no copy in a cache. Errors, too."""
    dashboard = start("--readable-by-teachers")
    browser = dashboard.browser("lovelace")
    for path in ("sign-in", *PAGES, "reports/1/_m1", "learners/1", "nothing", "held/9/x"):
        page = browser.open(path)
        policy = dict(
            part.strip().partition(" ")[::2]
            for part in page.headers["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store", path
        assert page.headers["Server"] is None
        for inline in (" style=", "<style", " onclick=", "<script>", "javascript:"):
            assert inline not in page.html, (path, inline)


@pytest.mark.parametrize("path", [*PAGES, "reports/1/_m1", "learners/1", "live?topic=held"])
def test_nothing_is_shown_to_who_has_not_signed_in(
    start: Callable[..., Dashboard], path: str
) -> None:
    """Also not to the page's script, which gets a status in place of the form."""
    dashboard = start("--readable-by-teachers")
    browser = dashboard.browser()
    page = browser.open(path)
    assert page.status == 401 or page.url.startswith(f"{dashboard.url}sign-in?next=")
    page = browser.open(path, **{"X-Fragment": "1"})
    assert page.status == 401
    assert "ada" not in page.text


def test_a_form_without_the_field_of_our_page_changes_nothing(
    start: Callable[..., Dashboard], keys: dict[str, int]
) -> None:
    """What was typed is shown again, to be copied."""
    browser = start().browser("lovelace")
    page = browser.open("held")
    forged = browser.send(None, f"held/{keys['ada']}/m2", how="other", text="my words")
    assert forged.status == 403
    assert "This form is too old, or does not come from this dashboard." in forged.text
    assert forged.typed("kept-0") == "my words"
    assert "draft for ada" in browser.open("held").text
    assert page.status == 200


def test_a_forged_cookie_signs_nobody_in(start: Callable[..., Dashboard]) -> None:
    """Nor one of another database."""
    dashboard = start()
    for value in ("x", '"2|1:0|10:1796048438|15:tutor_dashboard|4:YWJj|00"'):
        browser = Browser(dashboard.url)
        assert "/sign-in" in browser.open("held", Cookie=f"tutor_dashboard={value}").url


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "[::1", "10.0.0.1"])
def test_a_name_that_points_here_is_not_answered(
    start: Callable[..., Dashboard], host: str
) -> None:
    """A page elsewhere may have made its own name point to this machine (DNS rebinding)."""
    browser = start().browser()
    page = browser.open("sign-in", Host=host)
    assert page.status in (400, 403)
    assert "Your token" not in page.text
    assert browser.open("sign-in", Host="localhost:1").status == 200


def test_a_proxy_that_is_named_may_bring_any_name(start: Callable[..., Dashboard]) -> None:
    """Then cookies are for TLS."""
    browser = start("--trusted-proxies", "127.0.0.1").browser()
    page = browser.open("sign-in", Host="teach.example")
    assert page.status == 200
    assert "; Secure" in page.headers["Set-Cookie"]
    assert "SameSite=Lax" in page.headers["Set-Cookie"]


@pytest.mark.parametrize(
    "path", ["static/../templates/base.html", "static/%2e%2e/words.py", "held/1", "learners/x"]
)
def test_no_other_file_and_no_other_page_is_there(
    start: Callable[..., Dashboard], path: str
) -> None:
    """In words."""
    page = start("--readable-by-teachers").browser("babbage").open(path)
    assert page.status in (403, 404)


def test_a_message_with_anything_in_it_is_text() -> None:
    """The only attributes are ours; what is styled has a class."""
    hostile = '<p style="white-space: pre-wrap">x</p> <b onclick="x">'
    assert "<b" not in drawn_question(hostile)
    assert "<b" not in drawn_answer(hostile)
    assert drawn_question("a\nb") == '<p class="typed">a\nb</p>'
    assert ' class="right"' in drawn_answer("| a |\n|--:|\n| 1 |")
    assert "style=" not in drawn_answer("| a |\n|:-:|\n| 1 |").replace(hostile, "")


async def test_a_stream_tells_nothing_of_a_learner_of_another_group(
    start: Callable[..., Dashboard], database: str, keys: dict[str, int]
) -> None:
    """Not even that something was said: keys of conversations can be guessed."""
    page = OpenPage(start().browser("lovelace"), "held")
    topics = "&".join(f"topic=conversation-{keys[name]}" for name in ("bob", "ada"))
    reader, writer = await page._request(f"/live?{topics}")

    async def until(start_: bytes) -> bytes:
        async with asyncio.timeout(PATIENCE):
            while not (line := await reader.readline()).startswith(start_):
                assert line
        return line

    await until(b"retry:")
    for name in ("bob", "ada"):
        await asyncio.to_thread(in_store, database, partial(_note, keys[name]))
    assert (await until(b"data:")).strip() == f'data: ["conversation-{keys["ada"]}"]'.encode()
    writer.close()


async def _note(key: int, store: Store) -> None:
    await store.notice(key, "_n", "Ms. Lovelace", "A word.")
