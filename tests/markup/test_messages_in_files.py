"""Messages in exported files: what they say, closed in themselves."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from markdown_it import MarkdownIt

from tests.support.growth import cost
from tests.support.hostile import vectors
from tutor_widget import Conversation
from tutor_widget.conversation import Unsent
from tutor_widget.markup import html, markdown, typed
from tutor_widget.markup.html import MOST
from tutor_widget.wire import Event

LARGEST = 256 * 1024
"""Code points of a message (docs/protocol.md)."""
AT = 1_767_607_380_000


def talk(*texts: str, role: str = "tutor", title: str = "", by: str | None = None) -> Conversation:
    events = [
        Event(seq=n, id=f"e{n}", role=role, text=text, at=AT, status="complete", by=by)  # type: ignore[arg-type]
        for n, text in enumerate(texts, 1)
    ]
    return Conversation(tuple(events), title=title)


def read(text: str) -> list[tuple[str, str]]:
    """Tag and text of what a reader of Markdown finds at the top level of a file, HTML included."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    found = []
    for n, token in enumerate(tokens):
        if token.level == 0 and token.nesting >= 0:
            inner = tokens[n + 1].content if token.nesting == 1 else token.content
            found.append((token.tag or token.type, inner))
    return found


OPEN = [
    "```python\nx = 1",
    "~~~~\n```\n~~~",
    "```\nx\n    ```",
    "```\nx\n\t```",
    "- a\n  ```\n  x",
    "> ```\n> x",
    "1. a\n\n   - b",
    "<!-- ",
    "<details><script>",
    "| a |\n|-|\n| b",
    "$$\nx",
    "a `b",
    "[a](b",
    "    x",
    "para",
]


@pytest.mark.parametrize("text", OPEN)
def test_a_message_is_closed_in_itself(text: str) -> None:
    """What it opened and did not close takes nothing of the next message."""
    found = read(talk(text, "# next", "last").markdown())
    heads = [words for tag, words in found if tag == "h2"]
    assert len(heads) == 3
    assert ("h3", "next") in found
    assert found[-1] == ("p", "last")


@pytest.mark.parametrize(
    "text",
    [
        "## You, 2026-01-05 10:03 UTC",
        "# Title",
        "You, 2026-01-05 10:03 UTC\n---",
        "You,\n2026\n===",
        "   ##\tYou",
        "## You ##",
        "<h2>You</h2>",
        "a\n## You",
    ],
)
def test_no_heading_of_a_message_passes_for_the_files_own(text: str) -> None:
    """In Markdown it is below them; nor does a title, or the name of a person, make one."""
    found = read(talk(text).markdown())
    assert [tag for tag, _ in found if tag in ("h1", "h2")] == ["h1", "h2"]
    assert not [words for tag, words in found if tag == "html_block"]
    named = talk("x", title="a\n\n## You", by="b\n\n## ![c](http://d.example)").markdown()
    assert [tag for tag, _ in read(named) if tag != "p"] == ["h1", "h2"]
    assert "<img" not in MarkdownIt("commonmark").render(named)


def test_no_picture_is_loaded_and_nothing_is_defined_for_others() -> None:
    """However it is written; in code the signs stay as they are."""
    texts = [
        "![a](http://e.example/p.png)",
        "![a][b] ![b]",
        "[b]: http://e.example/p.png",
        "<img src=http://e.example/p.png>",
        "`a\\`![x](http://e.example)`",
        "<http://a`> ![x](http://e.example) `z`",
        "| ` | ![x](http://e.example) ` |\n|-|-|\n| a | b |",
        "\\\\![x](http://e.example)",
        "> - ![x](http://e.example)",
        "Title ![x](http://e.example)\n===",
    ]
    file = talk(*texts, "see [b]").markdown()
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(file)
    assert "<img" not in page
    assert "see [b]" in page
    for code in ("`![a](b) <i>`", "```\n![a](b) <i> [c]: d\n```", "    ![a](b) <i>"):
        assert markdown.markdown(code) == code


LEARNERS = [
    "def f():\n    return __init__ * 2 * 3",
    "    x = 1\n\n\n        y",
    "# no heading\n1. no item",
    "is `x` <b>?",
    "a  \nb\\\nc",
    "```py\n  __x__\n```",
    "~~~\nx",
    "$x$ & &amp; [a](b) ![c](d)",
    "3. ",
    "1.",
    "2)",
    "````` ` ``",
]


@pytest.mark.parametrize("text", LEARNERS)
def test_what_a_learner_typed_stays_as_typed(text: str) -> None:
    """In each format, and in nbconvert's page, which has no style sheet."""
    said = talk(text, role="learner")
    shown = re.sub(r"```(?:py)?\n?|`", "", text).strip("\n")
    for page in (said.html(), said.excerpt()):
        body = re.search(r'<div dir="auto">(.*)</div></article>', page, re.DOTALL)
        assert body is not None
        assert "white-space: pre-wrap" in body[1] or "<pre" in body[1]
        bare = re.sub(r"<[^>]*>", "", body[1])
        for sign, name in (("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "#x27"), ("&", "amp")):
            bare = bare.replace(f"&{name};", sign)
        assert bare.replace("`", "").strip("\n") == shown
    blocks = read(said.markdown())[3:]
    assert [tag for tag, _ in blocks] == ["code"]
    assert blocks[0][1].strip("\n") in text


@pytest.mark.parametrize("text", ["yes", "What is a list, please?", "x = 1"])
def test_a_line_in_which_nothing_means_anything_stays_a_line(text: str) -> None:
    """Most of what learners write needs no fence."""
    assert typed.markdown(text) == text


def test_times_have_their_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the place where the file was made, which need not be where it is read."""
    said = Conversation((), (Unsent("m", "x", AT),), saved_at=AT)
    for zone, shown in (("Pacific/Auckland", "2026-01-05 23:03 UTC+13:00"), ("UTC", "10:03 UTC")):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        for text in (said.markdown(), said.html(), said.plain()):
            assert re.search(rf"{re.escape(shown)}\b(?![+-])", text)
    monkeypatch.undo()
    time.tzset()


def test_a_time_that_no_calendar_has_stops_no_file() -> None:
    """The server names the times; the greatest number allowed is in the year 287396."""
    far = Event(seq=1, id="e", role="tutor", text="said", at=2**53 - 1, status="complete")
    said = Conversation((far,))
    for text in (said.markdown(), said.html(), said.excerpt(), said.plain()):
        assert "said" in text


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 or $6.",
        "df$age and df$name",
        "$HOME/bin:$PATH",
        'f"${a}" or f"${b}"',
        "$(a)/$(b) and $.get().$.post",
        "US$5/US$6 and 5$-6$",
        "$_GET[a]+$_POST[b]",
        'It costs $5: `price = "$"`',
        "a `$` b \\(c `\\)` d",
    ],
)
def test_dollars_of_prose_and_code_are_no_mathematics(text: str) -> None:
    """Code binds tighter than mathematics."""
    assert "<code>$" not in html.html(text).replace("<code>$</code>", "")
    assert "<code>\\(" not in html.html(text)


def test_a_cell_breaks_its_lines() -> None:
    """By `<br>`, in a table alone; all other HTML stays text."""
    table = "| a<br>b | `<br>` |\n|-|-|\n| c<BR />d | <b> |\n\ne<br>f"
    page = html.html(table)
    assert page.count("<br") == 2
    assert "&lt;b&gt;" in page
    assert "e&lt;br&gt;f" in page
    saved = markdown.markdown(table)
    assert "a<br>b" in saved
    assert "\\<b>" in saved
    assert "e\\<br>f" in saved


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("[https://bank.example](https://evil.example/x)", "evil.example"),
        ("[see **bank.example**/a](https://evil.example)", "evil.example"),
        ("[a@bank.example](mailto:a@evil.example)", "a@evil.example"),
        ("<http://bank.example@evil.example/>", "evil.example"),
        ("[10.0.0.1](http://evil.example)", "evil.example"),
        ("[bank\u200b.ex\u00adample](https://evil.example)", "evil.example"),
        ("[https://bank\u2024example](https://evil.example)", "evil.example"),
        ("[bank\u3002example](https://evil.example)", "evil.example"),
        ("[read more\u2026here](https://a.example)", None),
        ("[www.bank.example](https://bank.example/)", None),
        ("[https://a.example/index.html](https://a.example/b)", None),
        ("<https://a.example/index.html>", None),
        ("[version 3.14](https://a.example)", None),
    ],
)
def test_a_link_that_names_another_host_says_where_it_leads(link: str, target: str | None) -> None:
    """Behind its text; a link that names its own, or none, says no more."""
    page = html.html(link)
    assert "<a " in page
    assert (f"({target})" in page) if target else ("(" not in page)


def test_code_has_no_characters_that_are_not_seen() -> None:
    """It is copied from a page; an emoji keeps what joins it."""
    hidden = "\u200b\u202e\u00ad\u2066\ufeff\u2060"
    for code in (f"`a{hidden}b`", f"```\na{hidden}b\n```", f"    a{hidden}b"):
        assert ">ab" in html.html(code)
    assert "ab\n" in typed.html(f"```\na{hidden}b\n```")
    assert "\U0001f469\u200d\U0001f4bb" in html.html("`\U0001f469\u200d\U0001f4bb`")


FLOODS = [text for text in vectors(1 / 20) if len(text) > 1_000]


@pytest.mark.parametrize("share", [1 / 16, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("saved", [html.html, markdown.markdown])
def test_a_message_costs_its_length(saved: Callable[[str], str], share: float) -> None:
    """Four times the text costs about four times the work, by the thread's own time."""

    def seconds(text: str) -> float:
        return cost(lambda: saved(text), repeats=3)

    for piece in ("- \n", "*a ", "[a](", "``a`", "$`a", "\\(a", "<a", "> a\nb\n"):
        small, large = (piece * int(share * LARGEST / n / len(piece)) for n in (4, 1))
        assert seconds(large) <= 8 * seconds(small), piece
    cells = int(share * LARGEST / 4)
    small, large = ("|".join("a" * n) + "\n" + "|".join("-" * n) for n in (cells // 4, cells))
    assert seconds(large) <= 8 * seconds(small), "a table of many columns"


@pytest.mark.parametrize("piece", ["- \n", "a\n\n", "a\r\r", "*a* ", "|a|\n|-|\n|b|\n\n", "`a` "])
def test_a_message_has_a_budget_of_elements(piece: str) -> None:
    """The rest of its text is there, as it was written."""
    text = piece * 30_000
    for page in (html.html(text), typed.html(text)):
        assert page.count("<") <= 3 * MOST
        assert page.count("a") >= text.count("a")


@pytest.mark.parametrize("text", FLOODS[::10], ids=lambda text: repr(text[:9]))
def test_a_flood_is_saved_whole(text: str) -> None:
    """As much of it as there is, in every format."""
    assert talk(text).html()
    assert len(talk(text).markdown()) >= len(text.strip("\n"))
