"""Conversations as files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.processes import Learner, Tutor
from tutor_widget import Conversation, Misuse, Refused, TutorChat, Unreachable, words
from tutor_widget.client import older
from tutor_widget.conversation import Unsent
from tutor_widget.wire import Event

HOSTILE = """<script>alert(1)</script> [a](javascript:alert(1)) ![b](https://x.example/p.png)

# Heading <img src=x onerror=alert(1)>

```python
print("<b>")
```
"""


def event(seq: int, role: Any, text: str, **more: Any) -> Event:
    fields: dict[str, Any] = {"id": f"e{seq}", "at": seq * 60_000, "status": "complete"} | more
    return Event(seq=seq, role=role, text=text, **fields)


TALK = Conversation(
    events=(
        event(1, "tutor", "Hello!"),
        event(2, "learner", "one"),
        event(3, "learner", "two"),
        event(4, "tutor", HOSTILE, re="e2", status="stopped"),
    ),
    unsent=(Unsent("m1", "later", 300_000),),
    title="Lists & more",
    server="wss://tutor.example.org/",
    saved_at=360_000,
    state={"step": 2},
)


def test_json_loads_back_as_it_was(tmp_path: Path) -> None:
    """Every event, every field, what was not sent, and the session's state."""
    path = TALK.save(tmp_path / "talk.json")
    assert Conversation.load(path) == TALK
    documented = {"format", "version", "saved_at", "title", "server", "state", "ai", "earlier"}
    assert json.loads(path.read_text("utf-8")).keys() == documented | {"events", "unsent"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "else", "version": 1}', "\ud83d"])
def test_what_is_no_saved_conversation_is_refused(tmp_path: Path, text: str) -> None:
    """In one sentence that names the file."""
    path = tmp_path / "other.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(Refused, match=r"other\.json is no conversation"):
        Conversation.load(path)


@pytest.mark.parametrize(
    "more",
    [
        {"title": 5},
        {"title": "\ud800"},
        {"server": ["x"]},
        {"saved_at": "today"},
        {"saved_at": -(10**18)},
        {"saved_at": float("nan")},
        {"earlier": "yes"},
        {"state": {"\udfff": 1}},
        {"unsent": [{"id": "x", "text": "t", "at": -(10**18)}]},
        {"unsent": [{"id": "x", "text": "\ud83d", "at": 1}]},
        {"version": True},
    ],
)
def test_a_file_that_anybody_wrote_is_read_strictly(tmp_path: Path, more: dict[str, Any]) -> None:
    """What no chat saves is refused when it is loaded: later it would fail, or empty a file."""
    path = tmp_path / "hostile.json"
    path.write_text(json.dumps(json.loads(TALK.json()) | more))
    with pytest.raises(Refused, match=r"hostile\.json is no conversation"):
        Conversation.load(path)


@pytest.mark.parametrize("text", ["[" * 200_000, '{"state":' * 200_000])
def test_a_file_without_end_is_refused(tmp_path: Path, text: str) -> None:
    """Its depth is no error of another kind."""
    path = tmp_path / "deep.json"
    path.write_text(text)
    with pytest.raises(Refused, match=r"deep\.json is no conversation"):
        Conversation.load(path)


@pytest.mark.parametrize("suffix", [".md", ".json", ".html"])
def test_what_cannot_be_written_empties_no_file(tmp_path: Path, suffix: str) -> None:
    """The file that is there stays as it is."""
    path = tmp_path / f"talk{suffix}"
    path.write_text("an earlier one")
    half = replace(TALK, events=(event(1, "tutor", "\ud800"),))
    with pytest.raises(UnicodeEncodeError):
        half.save(path)
    assert path.read_text() == "an earlier one"


@pytest.mark.parametrize(
    "events",
    [
        (event(1, "tutor", "first", re="e1"),),
        (event(1, "tutor", "first", re="e2"), event(2, "tutor", "second", re="e1")),
        (event(1, "tutor", "first", re="e2"), event(2, "learner", "second")),
        (event(1, "learner", "first", re="e2"), event(2, "learner", "second", re="e1")),
    ],
)
def test_answers_to_what_no_learner_asked_are_in_the_file(events: tuple[Event, ...]) -> None:
    """A server may name any message: itself, one that names it, or a later one."""
    said = Conversation(events).markdown()
    for one in events:
        assert said.count(one.text) == 1


def test_an_unknown_suffix_is_told_before_anything_is_done(tmp_path: Path) -> None:
    """The sentence names those that there are."""
    with pytest.raises(Misuse, match=r"\.md, \.json, \.html"):
        TALK.save(tmp_path / "talk.pdf")


def test_markdown_puts_each_answer_under_its_question(tmp_path: Path) -> None:
    """In the order in which the chat shows it."""
    text = TALK.save(tmp_path / "talk.md").read_text("utf-8")
    heads = [line.partition(",")[0] for line in text.splitlines() if line.startswith("## ")]
    assert heads == ["## Tutor", "## You", "## Tutor", "## You", "## You"]
    assert "(Stopped)" in text
    assert "(Not sent yet)" in text


@pytest.mark.parametrize(
    "tex",
    [r"\(x_1 * y_1\)", r"\[\{1, 2\}\]", "$$\n\\sum_i x_i * y_i\n$$", r"$\{1, 2\}$", "$a_1 < b_1$"],
)
def test_mathematics_stays_as_it_was_written(tex: str) -> None:
    """The page has no renderer, so its TeX must be whole; a price is none."""
    page = Conversation((event(1, "tutor", f"See {tex}: from $5 to $10, *or* so."),)).html()
    assert f"See <code>{escape(tex)}</code>: from $5 to $10, <em>or</em> so." in page


def test_a_file_that_is_not_the_whole_says_so() -> None:
    """In each format; one that is, does not."""
    part = replace(TALK, earlier=True)
    for text in (part.markdown(), part.html()):
        assert "Earlier messages are not in this file." in text
    assert json.loads(part.json())["earlier"] is True
    assert "Earlier messages" not in TALK.markdown()


@pytest.mark.parametrize("language", sorted(words.languages()))
def test_a_file_says_that_an_ai_wrote_the_answers(language: str) -> None:
    """In each format and language, also in what a notebook's output holds; of no other tutor."""
    sentence = words.catalogue(language)["page"]["ai"]
    for state, is_said in (({"ai": True}, True), ({"ai": "yes"}, False), ({}, False)):
        talk = replace(TALK, state=state, language=language)
        for text in (talk.markdown(), talk.html(), talk.excerpt(), talk.plain()):
            assert text.count(escape(sentence)) == is_said
        assert json.loads(talk.json())["ai"] is is_said


@pytest.mark.parametrize("state", [[], None, "ai", {"ai": {}}])
def test_a_state_from_anywhere_is_no_error_in_a_file(state: Any, tmp_path: Path) -> None:
    """A conversation that is loaded was written by anybody."""
    path = tmp_path / "talk.json"
    path.write_text(json.dumps(json.loads(TALK.json()) | {"state": state}))
    loaded = Conversation.load(path)
    assert "Answers are written by an AI" not in loaded.html() + loaded.markdown()
    assert json.loads(loaded.json())["ai"] is False


def test_html_holds_no_script_and_fetches_nothing() -> None:
    """Whatever the messages hold, it is text; the page's own policy forbids all else."""

    class Look(HTMLParser):
        tags: list[tuple[str, dict[str, str | None]]]

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.tags.append((tag, dict(attrs)))

    look = Look()
    look.tags = []
    page = TALK.html()
    look.feed(page)
    names = {tag for tag, _ in look.tags}
    assert not names & {"script", "img", "iframe", "link", "object", "form"}
    assert not [a for _, attrs in look.tags for a in attrs if a.startswith("on")]
    assert not [a for _, a in look.tags if (a.get("href") or "").startswith("javascript")]
    assert "default-src 'none'" in page
    assert '<html lang="en">' in page
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", page) == ["Lists &amp; more – Conversation"]
    assert len(re.findall("<article", page)) == 5


def test_a_chat_exports_all_that_the_server_has(
    start_tutor: Callable[..., Tutor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages that were never shown are fetched first; without a tutor nothing half is written."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    tutor = start_tutor("--tutor=echo", "--pace=0")
    with Learner(tutor.url, "s") as learner:
        for n in range(300):
            learner.say(f"message {n}")
    chat = TutorChat(tutor.url, session="s", lang="de")
    try:
        chat.ask_blocking("last", 20)
        path = chat.export(tmp_path / "all.json")
        loaded = Conversation.load(path)
        assert [event.seq for event in loaded.events] == list(range(1, 603))
        assert "## Du, " in chat.export(tmp_path / "all.md").read_text("utf-8")
        with pytest.raises(Misuse):
            chat.export("all")
    finally:
        chat.close()
    monkeypatch.setattr(older, "WITHIN", 0.3)
    late = TutorChat("ws://127.0.0.1:1", session="s")
    try:
        with pytest.raises(Unreachable):
            late.export(tmp_path / "late.md")
    finally:
        late.close()
    assert not (tmp_path / "late.md").exists()


def test_a_terminal_shows_the_latest_and_obeys_none_of_it(
    start_tutor: Callable[..., Tutor], tmp_path: Path
) -> None:
    """In IPython's own terminal: who, when, what; no escape sequence, and nothing secret."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    session, token = "the-session-is-a-secret", "so-is-the-token"
    with Learner(tutor.url, session) as learner:
        for n in range(7):
            learner.say(f"message {n}")
        learner.say("red \x1b[31malert\x1b[0m and " + "long " * 300)
    program = [
        "from tutor_widget import TutorChat",
        f"chat = TutorChat({tutor.url!r}, session={session!r}, token={token!r})",
        "answer = chat.ask_blocking('last', 60)",
        "chat",
        "chat.close()",
    ]
    shown = subprocess.run(
        [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor"],
        input="\n".join(program) + "\nexit\n",
        capture_output=True,
        check=True,
        text=True,
        timeout=100,
        env={**os.environ, "JUPYTER_DATA_DIR": str(tmp_path), "IPYTHONDIR": str(tmp_path)},
    ).stdout
    begins = re.compile(r"(You|Tutor), [-\d]+ [:\d]+ UTC[-+:\d]*: ")
    lines = [line for line in shown.splitlines() if begins.search(line)]
    assert len(lines) == 10
    assert lines[-1].endswith(": last")
    assert lines[0].endswith(": message 4")
    assert f"127.0.0.1:{tutor.port}, connected)" in shown
    assert "\x1b" not in shown
    assert "red \ufffd[31malert" in shown
    assert max(map(len, lines)) < 1_100
    assert session not in shown
    assert token not in shown


# --- the fine print of each format ----------------------------------------------------------------


def test_a_file_of_an_earlier_version_loads_and_one_of_a_later_does_not(tmp_path: Path) -> None:
    """The first files did not say whether earlier messages are missing; what is to come is open."""
    path = TALK.save(tmp_path / "talk.json")
    saved = json.loads(path.read_text("utf-8"))
    del saved["earlier"]
    path.write_text(json.dumps(saved), "utf-8")
    assert Conversation.load(path) == TALK
    path.write_text(json.dumps(saved | {"version": 2}), "utf-8")
    with pytest.raises(Refused):
        Conversation.load(path)


def test_a_suffix_may_be_in_capitals(tmp_path: Path) -> None:
    """As some systems write it."""
    assert TALK.save(tmp_path / "talk.MD").read_text("utf-8").startswith("# Lists")


def test_every_answer_is_in_the_file(tmp_path: Path) -> None:
    """Also a second one to the same message, and one whose question is not here."""
    talk = Conversation(
        (
            event(5, "tutor", "to an earlier one", re="e4"),
            event(6, "learner", "why?"),
            event(7, "tutor", "first", re="e6"),
            event(8, "tutor", "second", re="e6"),
        )
    )
    text = talk.markdown()
    places = [text.index(words) for words in ("earlier one", "why?", "first", "second")]
    assert min(places) == places[0]
    assert all(text.count(words) == 1 for words in ("earlier one", "why?", "first", "second"))


def test_a_page_leads_only_where_a_browser_may_be_led() -> None:
    """Links to the web and to mail, which tell the other side nothing of the page."""
    text = "[a](https://a.example) [b](MAILTO:b@b.example) [c](ftp://c.example) [d]() [e](data:x)"
    page = Conversation((event(1, "tutor", text),)).articles()
    links = re.findall(r"<a [^>]*href[^>]*>", page)
    assert len(links) == 2
    assert all('rel="noopener noreferrer"' in link for link in links)
    assert re.findall(r'href="([^"]*)"', page) == ["https://a.example", "MAILTO:b@b.example"]


def test_headings_of_a_message_are_below_its_own() -> None:
    """Whatever their rank: a reader's list of headings shows who spoke."""
    text = "\n\n".join(f"{'#' * rank} Part {rank}" for rank in range(1, 7))
    page = Conversation((event(1, "tutor", text),)).articles()
    assert re.findall(r"<(h\d)", page) == ["h2"] + ["h3"] * 6
    assert page.count("</h3>") == 6


def test_in_a_notebook_no_message_is_a_heading() -> None:
    """Its outline is its author's: what was said adds only what the tutor wrote as headings."""
    part = TALK.excerpt()
    assert set(re.findall(r"<h\d", part)) == {"<h3"}
    assert part.count("<p><strong>You</strong> <time") == 3


def test_a_file_is_called_what_it_is() -> None:
    """Title, kind and day, as the name of the file and the title of the page."""
    assert TALK.name.startswith("Lists & more – Conversation, 1970-01-01")
    assert f"<title>{escape(TALK.name)}</title>" in TALK.html()
    german = replace(TALK, title="", language="de")
    assert re.fullmatch(r"Chat mit dem Tutor – Unterhaltung, \d{4}-\d\d-\d\d", german.name)


@pytest.mark.parametrize("title", ["../../etc/passwd", 'a\\b:c*?"<>|\n\x00', "..", "x" * 10_000])
def test_no_title_leads_out_of_the_folder(title: str) -> None:
    """Whatever a tutor calls its lesson, the name is one that each system takes."""
    name = replace(TALK, title=title).name
    assert not re.search(r'[\x00-\x1f<>:"/\\\\|?*]', name)
    assert 0 < len(name) <= 120
    assert not name.startswith((".", " "))


def test_what_is_wider_than_the_page_scrolls() -> None:
    """Code and tables, by keyboard too."""
    text = "```\nx = 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    page = Conversation((event(1, "tutor", text),)).articles()
    assert '<pre tabindex="0">' in page
    assert '<div class="wide" tabindex="0"><table>' in page
    assert page.count("<div") == page.count("</div>")


def test_a_page_says_who_spoke_and_how_it_ended() -> None:
    """The learner's own words are marked, a stopped answer and an unsent message are named."""
    page = TALK.html()
    assert page.count('<article class="learner">') == 3
    assert page.count('<article class="tutor">') == 2
    assert page.count("<small>Stopped</small>") == 1
    assert page.count("<small>Not sent yet</small>") == 1
    assert re.search(r"<p>Saved [^<]*\d{4}-\d\d-\d\d \d\d:\d\d", page)


def test_a_page_of_nothing_says_so() -> None:
    """In words, and with a title all the same."""
    page = Conversation(()).html()
    assert "<article" not in page
    assert re.search(r"<p>[^<]+</p>\n</main>", page)
    assert re.search(r"<title>[^<]+</title>", page)


def test_times_are_those_of_the_readers_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is read where it was saved."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        text = Conversation((event(1, "learner", "hi", at=0),)).markdown()
    finally:
        monkeypatch.undo()
        time.tzset()
    assert "## You, 1970-01-01 05:30 UTC+05:30\n" in text


def test_a_terminal_gets_no_more_than_it_can_show() -> None:
    """The latest ten, each cut with a mark, without a sign that moves the cursor."""
    talk = Conversation(tuple(event(n, "learner", f"<{n}>") for n in range(1, 12)))
    assert re.findall(r"<(\d+)>", talk.plain()) == [str(n) for n in range(2, 12)]
    long = Conversation((event(1, "learner", "x" * 1_000), event(2, "learner", "y" * 1_001)))
    first, second = long.plain().splitlines()
    assert first.endswith("x")
    assert second.endswith("y…")
    assert "\r" not in Conversation((event(1, "learner", "over\rwritten"),)).plain()


@pytest.mark.skipif(os.name == "nt", reason="a matter of POSIX modes")
@pytest.mark.parametrize("suffix", [".md", ".json", ".html"])
def test_a_saved_conversation_is_the_learners_alone(tmp_path: Path, suffix: str) -> None:
    """Whatever the umask, and whatever the mode of the file that it replaces."""
    before = os.umask(0)
    try:
        path = Conversation(()).save(tmp_path / f"talk{suffix}")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    Conversation(()).save(path)
    assert path.stat().st_mode & 0o777 == 0o600
