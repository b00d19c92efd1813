"""Text from others, as pages and terminals show it."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from IPython.core.formatters import DisplayFormatter

from tutor_widget.markup.parser import parser
from tutor_widget.wire import Event

PROGRAM = """
import logging
logging.basicConfig(level=logging.DEBUG)
from tutor_widget import TutorChat
chat = TutorChat()
chat.ask_blocking("hint", 60)._repr_mimebundle_()
for suffix in ("html", "md", "json"):
    chat.export(f"saved.{suffix}")
chat.close()
"""


def event(text: str, role: str = "tutor") -> Event:
    return Event(3, "_t3", role, text, 0, "complete")  # type: ignore[arg-type]


def test_an_answer_is_shown_as_formatted_text() -> None:
    """As HTML where there is a page, as its text in a terminal; a learner's text as typed."""
    shown, _ = DisplayFormatter().format(  # type: ignore[no-untyped-call]
        event("Try **this**:\n\n```python\nx = 1\n```")
    )
    assert "<strong>this</strong>" in shown["text/html"]
    assert '<code class="language-python">x = 1' in shown["text/html"]
    assert shown["text/plain"].startswith("Try **this**:")
    assert event("__init__\n    x", "learner")._repr_mimebundle_() == {
        "text/plain": "__init__\n    x"
    }


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "a <img src=https://evil.example/p.png onerror=alert(1)>",
        "![p](https://evil.example/p.png)",
        "![p][1]\n\n[1]: https://evil.example/p.png",
        "[x](javascript:alert(1)) <javascript:alert(1)>",
        "[x](data:text/html,<script>1</script>)",
        "```\n</code></pre><script>1</script>\n```",
        "| <style>*{display:none}</style> |\n|---|\n| <iframe src=x> |",
    ],
)
def test_a_hostile_answer_is_text(text: str) -> None:
    """No element of its own, no picture that is loaded, no link that runs something."""
    html = event(text)._repr_mimebundle_()["text/html"]
    for element in ("<script", "<img", "<iframe", "<style", 'href="javascript:', 'href="data:'):
        assert element not in html


def test_control_characters_of_an_answer_drive_no_terminal() -> None:
    """They are replaced, in the text; `repr` shows them as escapes."""
    assert event("\x1b[2J\u009b1m ok")._repr_mimebundle_()["text/plain"] == "\ufffd[2J\ufffd1m ok"
    assert "\x1b" not in repr(event("\x1b[2J"))


def test_the_repr_of_an_answer_is_short() -> None:
    """Whatever its text."""
    assert repr(event("Right.")) == "Event(seq=3, role='tutor', text='Right.', status='complete')"
    assert len(repr(event("long " * 50_000))) < 150


def test_logging_at_debug_is_not_flooded(own_home: None, tmp_path: Path) -> None:
    """An export and a displayed answer log nothing of a library; our own server's life is there."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    others = [line for line in done.stderr.splitlines() if ":tutor_widget" not in line]
    assert others in ([], ["DEBUG:asyncio:Using selector: EpollSelector"])
    assert (tmp_path / "saved.html").is_file()


def test_a_program_may_ask_for_the_parsers_log() -> None:
    """A level that it has set stays."""
    logger = logging.getLogger("markdown_it")
    before = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        parser()
        assert logger.level == logging.DEBUG
    finally:
        logger.setLevel(before)
