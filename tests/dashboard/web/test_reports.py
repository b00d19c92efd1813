"""What learners reported, and how a teacher answers it."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.servers.dashboard import Dashboard
from tests.support.small_class import in_store
from tests.support.stores import log_of
from tutor_widget.server.store import Store
from tutor_widget.wire import Event


def notices(url: str, key: int) -> list[Event]:
    """What people have written into a conversation."""

    async def read(store: Store) -> list[Event]:
        return [event for event in await log_of(store, key) if event.by is not None]

    return in_store(url, read)


def states(url: str) -> dict[str, str]:
    """The states of the reports, by the accounts of their learners."""

    async def read(store: Store) -> dict[str, str]:
        return {report.account: report.state for report in await store.reports(0, 100)}

    return in_store(url, read)


def test_only_what_is_shared_is_read(start: Callable[..., Dashboard], keys: dict[str, int]) -> None:
    """Of the other reports there is the reason and the reported answer, and nothing around it."""
    dashboard = start()
    browser = dashboard.browser("lovelace")
    page = browser.open("reports")
    assert ("reason of ada" in page.text, "reason of bob" in page.text) == (True, False)
    shared = browser.open(f"reports/{keys['ada']}/_m1")
    assert ("question of ada" in shared.text, "answer to ada" in shared.text) == (True, True)
    alone = browser.open(f"reports/{keys['eve']}/_m1")
    assert ("question of eve" in alone.text, "answer to eve" in alone.text) == (False, True)
    assert "The learner has not shared the conversation." in alone.text
    assert browser.open(f"reports/{keys['bob']}/_m1").status == 404
    looks = [line for line in dashboard.audits() if line["event"] == "report looked at"]
    assert len(looks) == 2
    assert all(line["by"] == "Ms. Lovelace" and line["session"] for line in looks)


def test_each_look_at_a_report_and_each_answer_is_in_the_audit(
    start: Callable[..., Dashboard], keys: dict[str, int]
) -> None:
    """Once for a page that is shown again; without names of learners and without words."""
    dashboard = start()
    browser = dashboard.browser("lovelace")
    path = f"reports/{keys['ada']}/_m1"
    for each in ("reports", path, "reports"):
        browser.open(each)
    page = browser.open(path)
    browser.send(page, path, how="answer", id=page.hidden("id"), text="You are right.")
    browser.send(page, path, how="close")
    lines = [line for line in dashboard.audits() if line["event"].startswith("report ")]
    assert [line["event"] for line in lines] == [
        *["report shown"] * 2,  # Ada's and Eve's; that of Bob, of another group, is not
        "report looked at",
        "report answered",
        "report settled",
    ]
    assert [line["state"] for line in lines if "state" in line] == ["closed"]
    assert {line["by"] for line in lines} == {"Ms. Lovelace"}
    assert len({line["session"] for line in lines}) == 2
    said = dashboard.log.read_text()
    assert [words for words in ("reason of", "You are right", '"ada"') if words in said] == []


def test_an_answer_is_a_notice_and_settles_the_report(
    start: Callable[..., Dashboard], database: str, keys: dict[str, int]
) -> None:
    """Under the teacher's name, once, however often the form is sent."""
    browser = start().browser("lovelace")
    path = f"reports/{keys['ada']}/_m1"
    page = browser.open(path)
    fields = {"how": "answer", "id": page.hidden("id"), "text": "You are right.\nThank you."}
    first = browser.send(page, path, **fields)
    assert "The report is answered." in first.text
    again = browser.send(page, path, **fields)
    assert "These words were sent before." in again.text
    (notice,) = notices(database, keys["ada"])
    assert (notice.text, notice.by) == ("You are right.\nThank you.", "Ms. Lovelace")
    assert states(database)["ada"] == "answered"


def test_a_form_that_was_changed_and_sent_again_loses_nothing(
    start: Callable[..., Dashboard], database: str, keys: dict[str, int]
) -> None:
    """It is asked whether the other text is to be sent, too."""
    browser = start().browser("lovelace")
    path = f"reports/{keys['ada']}/_m1"
    page = browser.open(path)
    fields = {"how": "answer", "id": page.hidden("id")}
    browser.send(page, path, **fields, text="one")
    asked = browser.send(page, path, **fields, text="two")
    assert (asked.status, asked.typed("text")) == (409, "two")
    browser.send(asked, path, how="answer", id=asked.hidden("id"), text="two")
    assert [event.text for event in notices(database, keys["ada"])] == ["one", "two"]


def test_a_report_is_closed_and_opened_again(
    start: Callable[..., Dashboard], database: str, keys: dict[str, int]
) -> None:
    """A closed one comes behind the open ones."""
    browser = start().browser("lovelace")
    path = f"reports/{keys['eve']}/_m1"
    closed = browser.send(browser.open(path), path, how="close")
    assert "The report is closed." in closed.text
    assert states(database)["eve"] == "closed"
    page = browser.open("reports").text
    assert page.index("reason of ada") < page.index("reason of eve")
    assert "The report is open again." in browser.send(closed, path, how="open").text
    assert states(database)["eve"] == "open"


def test_a_blank_answer_is_not_sent(
    start: Callable[..., Dashboard], database: str, keys: dict[str, int]
) -> None:
    """Nor is one with an id that no form held, nor a reader's."""
    dashboard = start()
    browser = dashboard.browser("lovelace")
    path = f"reports/{keys['ada']}/_m1"
    page = browser.open(path)
    blank = browser.send(page, path, how="answer", id=page.hidden("id"), text="\n")
    assert (blank.status, "the text is blank" in blank.text) == (422, True)
    made_up = browser.send(page, path, how="answer", id="_m1", text="mine")
    assert (made_up.status, made_up.typed("kept-0")) == (400, "mine")
    reader = dashboard.browser("turing")
    page = reader.open(path)
    assert 'name="how"' not in page.html
    assert reader.send(page, path, how="close").status == 403
    assert notices(database, keys["ada"]) == []


def test_a_conversation_that_was_deleted_takes_its_report_with_it(
    start: Callable[..., Dashboard], database: str, keys: dict[str, int]
) -> None:
    """A teacher who has the form open is told, and has what she typed."""
    browser = start().browser("lovelace")
    path = f"reports/{keys['ada']}/_m1"
    page = browser.open(path)

    async def erase(store: Store) -> None:
        await store.erase(keys["ada"], 1)

    in_store(database, erase)
    fields = {"how": "answer", "id": page.hidden("id"), "text": "too late"}
    sent = browser.send(page, path, **fields)
    assert sent.status in (404, 410)
    assert sent.typed("kept-0") == "too late"
    assert "ada" not in browser.open("reports").text
