"""What all pages do: who asks, in which language; and what is said when something goes wrong."""

from __future__ import annotations

import contextlib
from http import HTTPStatus
from typing import Any, Final

from tornado.web import HTTPError, RequestHandler

from tutor_widget.dashboard import words
from tutor_widget.dashboard.roles import Teacher
from tutor_widget.dashboard.words import Words
from tutor_widget.server.logs import log, where
from tutor_widget.server.store import StoreError

from .desk import Desk, NotYet
from .headers import HEADERS, cookie_kwargs, is_called
from .text import attached, drawn, drawn_answer, drawn_question

__all__ = ["Checked", "Note", "Page", "Public"]

Note = tuple[str, str]
"""What is said at the head of a page: its path in the words, and the sentence."""
TABS: Final = ("class", "misconceptions", "concepts", "held", "reports", "waiting", "learners")
_MOST_TYPED: Final = 300_000
"""Characters of a field that are read. A browser is told how many it may send."""
_SAID: Final = {403: "forbidden", 404: "not_found", 405: "faulty", 400: "faulty", 503: "away"}


class Checked:
    """Before a handler's other bases, so that a forged form is told of as anything else is."""

    def check_xsrf_cookie(self) -> None:
        """A form that no page of ours sent, or one older than its cookie, changes nothing."""
        try:
            super().check_xsrf_cookie()  # type: ignore[misc]  # of RequestHandler, or the hub's
        except HTTPError:
            raise HTTPError(403, reason="xsrf") from None


class Public(RequestHandler):
    """A page that needs no one to have signed in."""

    desk: Desk
    teacher: Teacher | None = None
    words: Words
    needs_teacher = False
    tab = ""
    place = ""
    """Which page this is to its script, which takes over no other; by default the tab."""
    topics: tuple[str, ...] = ()
    """Of what the page wants to be told while it is open."""

    def initialize(self, desk: Desk) -> None:
        self.desk = desk
        self.words = words.words_for(self.request.headers.get("Accept-Language", ""))

    def set_default_headers(self) -> None:
        for name, value in HEADERS.items():
            self.set_header(name, value)
        self.clear_header("Server")

    @property
    def settings(self) -> dict[str, Any]:
        """With cookies against forged forms as that of the sign-in: by the name that was called."""
        return self.application.settings | {"xsrf_cookie_kwargs": cookie_kwargs(self)}

    async def prepare(self) -> None:
        options = self.desk.options
        on_loopback = self.settings["on_loopback"]
        if not is_called(self, on_loopback=on_loopback, trusted=options.trusted_proxies):
            raise HTTPError(403, reason="other_host")
        self.desk.follower.looked()
        self.teacher = await self.desk.authenticator.identify(self)
        if self.needs_teacher:
            self._let_in()

    def _let_in(self) -> None:
        if self.teacher is None:
            if self.is_fragment or self.request.method != "GET":
                raise HTTPError(401, reason="sign_in")
            self.redirect(self.desk.authenticator.sign_in_url(self))
        elif self.teacher.is_stranger:
            raise HTTPError(403, reason="stranger")

    @property
    def is_fragment(self) -> bool:
        """Whether the page's own script asks, to replace what has changed."""
        return "X-Fragment" in self.request.headers

    def typed(self, name: str) -> str:
        """A field of the form as it was typed: browsers send the ends of lines as CRLF."""
        return self.get_body_argument(name, "", strip=False)[:_MOST_TYPED].replace("\r\n", "\n")

    def say(self, path: str, /, **args: Any) -> str:
        """A sentence of the dashboard, in the teacher's language."""
        return self.words.say(path, **args)

    def note(self, path: str, /, **args: Any) -> Note:
        return path, self.say(path, **args)

    def show(self, template: str, status: int = 200, **more: Any) -> None:
        """Write the page. Behind ``said`` in its address is what was done before."""
        self.set_status(status)
        done = f"done.{self.get_query_argument('said', '')}"
        notes = [*more.pop("notes", ()), *([self.note(done)] if self.words.has(done) else [])]
        self.render(f"{template}.html", notes=notes, **more)

    def get_template_namespace(self) -> dict[str, Any]:
        follower = self.desk.follower
        return super().get_template_namespace() | {
            "say": self.say,
            "words": self.words,
            "base": self.desk.base,
            "teacher": self.teacher,
            "tab": self.tab,
            "tabs": self.tabs(),
            "topics": self.topics,
            "is_away": follower.is_away,
            "signs_out": self.desk.authenticator.signs_out,
            "iso": words.iso,
            "now": words.now(),
            "utc": words.utc,
            "attached": attached,
            "drawn": drawn,
            "drawn_answer": drawn_answer,
            "drawn_question": drawn_question,
            "notes": [],
            "kept": {},
            "place": self.place or self.tab,
            "desk": self.desk,
        }

    def tabs(self) -> list[str]:
        """The pages that this teacher has."""
        if self.teacher is None or self.teacher.is_stranger:
            return []
        readable = self.desk.options.readable_by_teachers
        return [tab for tab in TABS if tab != "learners" or readable]

    # --- what goes wrong --------------------------------------------------------------------------

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A page that says what is wrong, with what was typed."""
        _, error, _ = kwargs.get("exc_info", (None, None, None))
        code = getattr(error, "reason", None)
        if isinstance(error, NotYet):
            status_code, code = 503, "not_yet"
        elif isinstance(error, StoreError):
            status_code, code = 503, "away"
        if code is None or not self.words.has(f"errors.{code}"):
            code = _SAID.get(status_code, "own_fault")
        if not hasattr(self, "words"):
            self.initialize(self.application.settings["desk"])
        self.set_status(status_code, HTTPStatus(status_code).phrase)
        texts = [self._typed_or_nothing(name) for name in ("text", "reason", "q")]
        self.place = "error"
        self.render("error.html", code=code, typed=[text for text in texts if text.strip()])

    def _typed_or_nothing(self, name: str) -> str:
        """A field of the form; "" if it is none, or no text."""
        with contextlib.suppress(HTTPError):
            return self.typed(name)
        return ""

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Its own faults are lines of the log, without words of a request."""
        if isinstance(value, HTTPError | NotYet | StoreError):
            return
        log("page failed", level="error", **where(value, quote=False))


class Page(Public):
    """A page for those who teach."""

    teacher: Teacher
    needs_teacher = True
