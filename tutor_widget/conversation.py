"""A whole conversation as a file: Markdown to read, a web page to show, JSON to load again.

The JSON holds all there is; `Conversation.load` reads it back:

    {"format": "tutor_widget conversation", "version": 1,
     "saved_at": 1760000000000,                 Unix ms
     "title": "Lists in Python", "server": "wss://…", "state": {…},
     "ai": false,                               true: answers are written by a language model
     "earlier": false,                          true: the server has earlier events not in this file
     "events": [{"seq", "id", "role", "text", "at", "status", "re"?, "by"?}…],
     "unsent": [{"id", "text", "at"}…]}         messages that the server has not committed
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from . import words
from .errors import Misuse, Refused
from .markup.plain import printable
from .private_file import private_file
from .session_state import is_written_by_ai
from .textfile import UnreadableFile, decode
from .wire import Event
from .wire.frames import Count
from .wire.text import has_surrogate

FORMAT: Final = "tutor_widget conversation"
VERSION: Final = 1
SUFFIXES: Final = (".md", ".json", ".html")
LATEST: Final = 10
"""Messages that a terminal shows, each of up to `LONG` characters."""
LONG: Final = 1_000


MAX_NAME: Final = 100
"""Characters of a file's name, without the day."""


_LATEST: Final = int(datetime(9999, 12, 30, tzinfo=UTC).timestamp() * 1000)
"""The last time that can be written in every zone. A server may name a later one."""


class Unsent(msgspec.Struct, frozen=True):
    """A message that the server has not committed; ``at`` in Unix ms."""

    id: str
    text: str
    at: Count


class _Saved(msgspec.Struct):
    """A file, which anybody may have written."""

    format: str
    version: int
    saved_at: Count
    title: str
    server: str
    state: Any
    events: list[Event]
    unsent: list[Unsent]
    earlier: bool = False


@dataclass(frozen=True)
class Conversation:
    """The events of a conversation, oldest first; ``saved_at`` in Unix ms.

    ``earlier``: the server has events before the first one here. A kernel holds 16 MiB of them.
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
        """Read a file saved as ``.json``. Raises Refused for any other file, and OSError."""
        data = Path(path).read_bytes()
        try:
            found = msgspec.json.decode(decode(Path(path), data), type=_Saved)
            if (found.format, found.version) != (FORMAT, VERSION) or has_surrogate(found):
                raise ValueError
        except UnreadableFile as error:
            raise Refused(
                f"{Path(path).name} is no conversation saved as .json: {error}"
            ) from error
        except (ValueError, RecursionError) as error:
            raise Refused(f"{Path(path).name} is no conversation saved as .json.") from error
        return cls(
            events=tuple(found.events),
            unsent=tuple(found.unsent),
            title=found.title,
            server=found.server,
            saved_at=found.saved_at,
            state=found.state,
            earlier=found.earlier,
        )

    @staticmethod
    def check(path: str | Path) -> str:
        """Return the path's suffix. Raises Misuse if it is none of `SUFFIXES`."""
        suffix = Path(path).suffix.lower()
        if suffix not in SUFFIXES:
            raise Misuse(f"A conversation is saved as {', '.join(SUFFIXES)}, not as {suffix!r}.")
        return suffix

    def save(self, path: str | Path) -> Path:
        """Write the file in the format of its suffix: ``.md``, ``.json`` or ``.html``.

        Only its owner may read it. Returns the path. Raises Misuse for another suffix, and OSError;
        then a file of that name stays as it was.
        """
        data = self.text(self.check(path)).encode()  # what cannot be written empties no file
        with private_file(Path(path)) as file:
            file.write(data)
        return Path(path)

    def text(self, suffix: str) -> str:
        """The file's text in the format of one of `SUFFIXES`."""
        formats = {".md": self.markdown, ".json": self.json, ".html": self.html}
        return formats[suffix]()

    def json(self) -> str:
        """The conversation in the format of this module's docstring."""
        whole = {
            "format": FORMAT,
            "version": VERSION,
            "saved_at": self.saved_at,
            "title": self.title,
            "server": self.server,
            "state": self.state,
            "ai": is_written_by_ai(self.state),
            "earlier": self.earlier,
            "events": [_plain(event) for event in self.events],
            "unsent": [msgspec.to_builtins(message) for message in self.unsent],
        }
        return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"

    @property
    def name(self) -> str:
        """What a file of it is called, without a suffix: title, what it is, and the day."""
        title = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*]+', " ", printable(self._title[:LONG]))
        day = _moment(self.saved_at).strftime("%Y-%m-%d")
        return f"{' '.join(title.split())[:MAX_NAME].strip(' .')}, {day}"

    def markdown(self) -> str:
        """Each message under a heading with its author and time."""
        from .markup import markdown, typed  # markdown_it is loaded for the first file only

        about = [f"*{line}*" for line in (self._saved, *self._source)]
        parts = [f"# {markdown.inline(self._title)}", *about]
        for said in self._messages():
            text = typed.markdown if said.is_learner else markdown.markdown
            parts += [f"## {said.heading(markdown.inline(said.who))}", text(said.text)]
        return "\n\n".join(parts) + "\n"

    def html(self) -> str:
        """A complete page. It runs no script and loads nothing."""
        language = words.catalogue(self.language)["browser"]["lang"]
        about = "\n".join(f"<p>{escape(line)}</p>" for line in (self._saved, *self._source))
        return (
            f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width">\n'
            # A second guard, if a message ever got an element past the renderer.
            '<meta http-equiv="Content-Security-Policy" '
            "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
            f"<title>{escape(self.name)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
            f'<main>\n<h1 dir="auto">{escape(self._title)}</h1>\n'
            f"{about}\n{self.articles()}\n</main>\n</body>\n</html>\n"
        )

    def excerpt(self) -> str:
        """A part of a page, for notebooks exported without widgets: the messages, with a note."""
        language = self._words["lang"]
        about = (self._page["held"], *self._source)
        notes = "".join(f"<p><em>{escape(line)}</em></p>" for line in about)
        # A notebook's outline is its author's: no message is a heading in it.
        said = self.articles(heading="p")
        return f'<section lang="{language}">{notes}\n{said}</section>'

    def plain(self) -> str:
        """Plain text for a terminal: the latest messages, a line or more each."""
        said = (
            f"{said.heading(said.who)}: {printable(_shortened(said.text))}"
            for said in self._messages()[-LATEST:]
        )
        return "\n".join((*self._source, *said))

    def articles(self, heading: str = "h2") -> str:
        """The messages as HTML elements, without a page around them.

        ``heading``: the element that says who spoke and when.
        """
        articles = [said.article(heading) for said in self._messages()]
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
        return f"{self.title or self._words['chat']} – {self._words['transcript']}"

    @property
    def _saved(self) -> str:
        saved = self._page["saved"].replace("{at}", _clock(self.saved_at))
        return f"{saved}. {self._page['cut']}" if self.earlier else saved

    @property
    def _source(self) -> list[str]:
        """Where the answers come from, if that is to be said."""
        return [self._page["ai"]] if is_written_by_ai(self.state) else []

    def _messages(self) -> list[_Said]:
        """Each answer follows the learner's message before it that it answers."""
        names = {"learner": "you", "tutor": "tutor", "notice": "notice"}
        notes = {"stopped": self._page["stopped"], "failed": self._page["failed"]}
        asked: set[str] = set()
        answers: dict[str | None, Event] = {}
        for event in self.events:
            if event.role == "learner":
                asked.add(event.id)
            elif event.re in asked:
                answers[event.re] = event
        events: list[Event] = []
        for event in self.events:
            if answers.get(event.re) is event:
                continue  # added after its question
            answer = answers.get(event.id) if event.role == "learner" else None
            events += [event] if answer is None else [event, answer]
        said = [
            _Said(
                _name(e.by) or str(self._words[names[e.role]]),
                e.role == "learner",
                e.at,
                e.text,
                notes.get(e.status, ""),
            )
            for e in events
        ]
        you, unsent = str(self._words["you"]), self._page["unsent"]
        return said + [_Said(you, True, m.at, m.text, unsent) for m in self.unsent]


class _Said(NamedTuple):
    """A message as a file has it; ``at`` in Unix ms, ``note`` what became of it, or ``""``."""

    who: str
    is_learner: bool
    at: int
    text: str
    note: str

    def heading(self, who: str) -> str:
        return f"{who}, {_clock(self.at)}{f' ({self.note})' if self.note else ''}"

    def article(self, heading: str) -> str:
        from .markup import html, typed  # as above

        text = typed.html if self.is_learner else html.html
        return (
            f'<article class="{"learner" if self.is_learner else "tutor"}">'
            f"<{heading}><strong>{escape(self.who)}</strong> "
            f'<time datetime="{_iso(self.at)}">{_clock(self.at)}</time>'
            f"{f' <small>{escape(self.note)}</small>' if self.note else ''}</{heading}>"
            f'<div dir="auto">{text(self.text)}</div></article>'
        )


def _name(by: str | None) -> str:
    """A person's name on one line, as the text of a heading."""
    return " ".join(printable(by or "").split())


def _shortened(text: str) -> str:
    text = text.strip()
    return text if len(text) <= LONG else f"{text[:LONG]}…"


def _plain(event: Event) -> dict[str, Any]:
    fields = ("seq", "id", "role", "text", "at", "status", "re", "by")
    return {name: value for name in fields if (value := getattr(event, name)) is not None}


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(min(at, _LATEST) / 1000, UTC).astimezone()


def _clock(at: int) -> str:
    """With the zone: the file may be read elsewhere, and a kernel's zone is not its user's."""
    moment, offset = _moment(at), _iso(at)[-len("+00:00") :].removesuffix("+00:00")
    return f"{moment:%Y-%m-%d %H:%M} UTC{offset}"


def _iso(at: int) -> str:
    return _moment(at).isoformat(timespec="seconds")


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
