"""A whole conversation as a file: Markdown to read, a web page to show, JSON to load again.

The JSON holds all there is; `Conversation.load` reads it back:

    {"format": "tutor_widget conversation", "version": 1,
     "saved_at": 1760000000000,                 Unix ms
     "title": "Lists in Python", "server": "wss://…", "state": {…},
     "earlier": false,                          the tutor has earlier messages that are not here
     "events": [{"seq", "id", "role", "text", "at", "status", "re"?}…],
     "unsent": [{"id", "text", "at"}…]}         what the tutor did not have yet
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from . import words
from .errors import Misuse, Refused
from .wire import Event

if TYPE_CHECKING:
    from markdown_it.rules_inline import StateInline

FORMAT: Final = "tutor_widget conversation"
VERSION: Final = 1
SUFFIXES: Final = (".md", ".json", ".html")
LATEST: Final = 10
"""Messages that a terminal shows, each of up to `LONG` characters."""
LONG: Final = 1_000


class Unsent(msgspec.Struct, frozen=True):
    """A message that the tutor did not have yet; ``at`` in Unix ms."""

    id: str
    text: str
    at: int


@dataclass(frozen=True)
class Conversation:
    """All that was said, oldest first; ``saved_at`` in Unix ms.

    ``earlier``: the tutor has messages from before that are not here: a kernel holds 16 MiB.
    """

    events: tuple[Event, ...]
    unsent: tuple[Unsent, ...] = ()
    title: str = ""
    server: str = ""
    saved_at: int = 0
    state: dict[str, Any] = field(default_factory=dict)
    language: str = words.ENGLISH
    earlier: bool = False

    @classmethod
    def load(cls, path: str | Path) -> Conversation:
        """What was saved as ``.json``. Raises Refused for any other file."""
        try:
            found = json.loads(Path(path).read_text("utf-8"))
            if (found["format"], found["version"]) != (FORMAT, VERSION):
                raise ValueError
            return cls(
                events=tuple(msgspec.convert(found["events"], list[Event])),
                unsent=tuple(msgspec.convert(found["unsent"], list[Unsent])),
                title=found["title"],
                server=found["server"],
                saved_at=found["saved_at"],
                state=found["state"],
                earlier=found.get("earlier", False),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise Refused(f"{Path(path).name} is no conversation saved as .json.") from error

    @staticmethod
    def check(path: str | Path) -> str:
        """The path's suffix. Raises Misuse if it is none of `SUFFIXES`."""
        suffix = Path(path).suffix.lower()
        if suffix not in SUFFIXES:
            raise Misuse(f"A conversation is saved as {', '.join(SUFFIXES)}, not as {suffix!r}.")
        return suffix

    def save(self, path: str | Path) -> Path:
        """Write it in the format of the path's suffix: ``.md``, ``.json`` or ``.html``."""
        text = self.text(self.check(path))
        Path(path).write_text(text, "utf-8")
        return Path(path)

    def text(self, suffix: str) -> str:
        """It in one of `SUFFIXES`."""
        formats = {".md": self.markdown, ".json": self.json, ".html": self.html}
        return formats[suffix]()

    def json(self) -> str:
        """The format of this module's docstring."""
        whole = {
            "format": FORMAT,
            "version": VERSION,
            "saved_at": self.saved_at,
            "title": self.title,
            "server": self.server,
            "state": self.state,
            "earlier": self.earlier,
            "events": [_plain(event) for event in self.events],
            "unsent": [msgspec.to_builtins(message) for message in self.unsent],
        }
        return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"

    def markdown(self) -> str:
        """Each message under a heading of who said it and when."""
        parts = [f"# {self._title}", f"*{self._saved}*"]
        for who, at, text, note in self._messages():
            parts += [f"## {who}, {_clock(at)}{f' ({note})' if note else ''}", text.strip()]
        return "\n\n".join(parts) + "\n"

    def html(self) -> str:
        """A page of its own: no scripts, nothing that it would fetch."""
        language = words.catalogue(self.language)["browser"]["lang"]
        return (
            f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width">\n'
            # Whatever a message holds, the page loads nothing and runs nothing.
            '<meta http-equiv="Content-Security-Policy" '
            "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
            f"<title>{escape(self._title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
            f'<main>\n<h1 dir="auto">{escape(self._title)}</h1>\n<p>{escape(self._saved)}</p>\n'
            f"{self.articles()}\n</main>\n</body>\n</html>\n"
        )

    def excerpt(self) -> str:
        """For the page that is made of a notebook: the messages, and of when they are."""
        language = self._words["lang"]
        note = escape(self._page["held"])
        return f'<section lang="{language}"><p><em>{note}</em></p>\n{self.articles()}</section>'

    def plain(self) -> str:
        """For a terminal: the latest messages, a line or more each."""
        return "\n".join(
            f"{who}, {_clock(at)}{f' ({note})' if note else ''}: {printable(_shortened(text))}"
            for who, at, text, note in self._messages()[-LATEST:]
        )

    def articles(self) -> str:
        """The messages as HTML, to be put into a page."""
        articles = [
            f'<article class="{"learner" if who == self._words["you"] else "tutor"}">'
            f'<h2>{escape(who)} <time datetime="{_iso(at)}">{_clock(at)}</time>'
            f"{f' <small>{escape(note)}</small>' if note else ''}</h2>"
            f'<div dir="auto">{_rendered(text)}</div></article>'
            for who, at, text, note in self._messages()
        ]
        return "\n".join(articles) or f"<p>{escape(self._page['none'])}</p>"

    @property
    def _words(self) -> dict[str, Any]:
        found: dict[str, Any] = words.catalogue(self.language)["browser"]
        return found

    @property
    def _page(self) -> dict[str, str]:
        found: dict[str, str] = words.catalogue(self.language)["page"]
        return found

    @property
    def _title(self) -> str:
        return self.title or str(self._words["chat"])

    @property
    def _saved(self) -> str:
        saved = self._page["saved"].replace("{at}", _clock(self.saved_at))
        return f"{saved}. {self._page['cut']}" if self.earlier else saved

    def _messages(self) -> list[tuple[str, int, str, str]]:
        """Who, when, what, and what is to be said of it; each answer under its question."""
        names = {"learner": "you", "tutor": "tutor", "notice": "notice"}
        notes = {"stopped": self._page["stopped"], "failed": self._page["failed"]}
        asked = {event.id for event in self.events}
        answers = {event.re: event for event in self.events if event.re in asked}
        said = []
        for event in self.events:
            if event.re in asked and answers[event.re] is event:
                continue  # it stands under its question
            said += [event] if event.id not in answers else [event, answers[event.id]]
        messages = [
            (str(self._words[names[e.role]]), e.at, e.text, notes.get(e.status, "")) for e in said
        ]
        unsent = self._page["unsent"]
        return messages + [(str(self._words["you"]), m.at, m.text, unsent) for m in self.unsent]


def printable(text: str) -> str:
    """Without what would move a terminal's cursor, or worse."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)


def _shortened(text: str) -> str:
    text = text.strip()
    return text if len(text) <= LONG else f"{text[:LONG]}…"


def _plain(event: Event) -> dict[str, Any]:
    fields = ("seq", "id", "role", "text", "at", "status", "re")
    return {name: value for name in fields if (value := getattr(event, name)) is not None}


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone()


def _clock(at: int) -> str:
    return _moment(at).strftime("%Y-%m-%d %H:%M")


def _iso(at: int) -> str:
    return _moment(at).isoformat(timespec="seconds")


def _rendered(text: str) -> str:
    """Markdown as HTML: any HTML in it is text, links lead only where a browser may be led."""
    from markdown_it import MarkdownIt  # with the first page only

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.inline.ruler.before("escape", "mathematics", _mathematics)
    parser.disable("image")  # what a page fetches tells who reads it
    parser.validateLink = _is_safe  # type: ignore[assignment, method-assign]
    # Markdown asks about every address but the empty one, which would lead to the page itself.
    html = str(parser.render(text)).replace('<a href=""', "<a")
    # What is wider than the page scrolls, by keyboard too.
    html = html.replace("<pre>", '<pre tabindex="0">')
    html = html.replace("<table>", '<div class="wide" tabindex="0"><table>')
    html = html.replace("</table>", "</table></div>")
    # The message's own heading is of the second rank.
    return re.sub(r"<(/?)h[1-6]>", r"<\1h3>", html).replace("<a ", '<a rel="noopener noreferrer" ')


_MATHEMATICS: Final = re.compile(
    r"\\\(.{1,2000}?\\\)|\\\[.{1,2000}?\\\]|\$\$.{1,2000}?\$\$"
    r"|\$(?![\s$])(?:\\.|[^$\\]){1,2000}?(?<!\s)\$(?!\d)",
    re.DOTALL,
)


def _mathematics(state: StateInline, silent: bool) -> bool:
    """TeX stays as it was written: Markdown would take its signs for its own."""
    found = _MATHEMATICS.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push("code_inline", "code", 0).content = found[0]
    state.pos = found.end()
    return True


def _is_safe(address: str) -> bool:
    return re.match(r"(?:https?:|mailto:)", address, re.IGNORECASE) is not None


_STYLE: Final = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 46rem; margin: auto; padding: 1rem; }
article { margin: 1rem 0; overflow-wrap: anywhere; }
article h2 { margin: 0; font-size: .9rem; }
time, small { font-weight: 400; }
.learner > div { border-inline-start: 3px solid; padding-inline-start: .7rem; }
article p, article pre { margin: .4rem 0; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid; border-radius: 4px; direction: ltr; }
.wide { overflow-x: auto; }
h3 { font-size: 1.1rem; }
th, td { border: 1px solid; padding: .1rem .5rem; }
table { border-collapse: collapse; }
"""
