"""Conversations as files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.processes import Learner, Tutor
from tutor_widget import Conversation, Misuse, Refused, TutorChat, Unreachable, older
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
    documented = {"format", "version", "saved_at", "title", "server", "state", "earlier"}
    assert json.loads(path.read_text("utf-8")).keys() == documented | {"events", "unsent"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "else", "version": 1}', "\ud83d"])
def test_what_is_no_saved_conversation_is_refused(tmp_path: Path, text: str) -> None:
    """In one sentence that names the file."""
    path = tmp_path / "other.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(Refused, match=r"other\.json is no conversation"):
        Conversation.load(path)


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
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", page) == ["Lists &amp; more"]
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
    lines = [
        line for line in shown.splitlines() if re.search(r"(You|Tutor), [-\d]+ [:\d]+: ", line)
    ]
    assert len(lines) == 10
    assert lines[-1].endswith(": last")
    assert lines[0].endswith(": message 4")
    assert f"127.0.0.1:{tutor.port}, connected)" in shown
    assert "\x1b" not in shown
    assert "red \ufffd[31malert" in shown
    assert max(map(len, lines)) < 1_100
    assert session not in shown
    assert token not in shown
