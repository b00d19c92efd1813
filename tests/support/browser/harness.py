"""The widget in a page of its own, before a stand-in for the kernel: any state at once.

The bundle and the Chromium are the real ones; `js/test/support/mock.mjs` plays the kernel. What the
states are with a real kernel and server behind them, the other tests show.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page, Route

from tests.support.paths import ROOT, SCRIPTS

__all__ = [
    "CONVERSATION",
    "CROWDED",
    "EVERYTHING",
    "FATAL",
    "MIDNIGHT",
    "MODEL_STATES",
    "NOW",
    "OUTAGE",
    "REFUSED",
    "ROOT",
    "STATES",
    "WAITING",
    "Harness",
    "State",
    "traits",
]

ORIGIN: Final = "http://harness.localhost"
NOW: Final = 1_767_607_380_000  # Monday, 5 January 2026, 10:03 UTC


class Harness:
    """One widget in one page, whose clock stands still at `NOW` until `later`.

    ``asked`` is every address that the page asked for, but those of the parts that a kernel sends;
    none but the checkout's files exist. ``script`` runs before the page's own.
    """

    def __init__(self, page: Page, script: Path | None = None) -> None:
        self.page = page
        self.asked: list[str] = []
        self.faults: list[str] = []
        page.on("request", lambda request: self._note(request.url))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda dialog: self.faults.append(dialog.message))
        page.route("**/*", self._serve)
        page.clock.set_fixed_time(NOW / 1000)
        page.add_init_script(path=SCRIPTS / "spoken.js")
        if script is not None:
            page.add_init_script(path=script)
        page.goto(f"{ORIGIN}/js/test/support/harness.html")
        page.wait_for_function("window.harness")
        self._now = NOW

    def reset(self) -> None:
        """As a page that was just opened, save for the clock."""
        self.faults.clear()
        self.size(640)
        self.page.mouse.move(0, 0)
        self.page.emulate_media(forced_colors="none", reduced_motion="no-preference")
        self.page.context.set_offline(False)
        self.page.evaluate("document.body.className = ''")

    def show(
        self,
        given: dict[str, Any],
        *,
        answers: bool = True,
        manager: Any = None,
        beside: bool = False,
    ) -> None:
        """A fresh widget with these traits; `answers`: the kernel acknowledges commands.

        `beside`: those that are shown stay.
        """
        self.page.clock.set_fixed_time(NOW / 1000)
        self._now = NOW
        options = {"answers": answers, "manager": manager or {}, "context": SHAREABLE}
        options["beside"] = beside
        self.page.evaluate(
            """([t, o]) => {
              sessionStorage.clear();
              localStorage.clear();
              return harness.show(t, o);
            }""",
            [given, options],
        )

    def arrive(self, given: dict[str, Any]) -> None:
        """Whole traits come from the kernel."""
        self.page.evaluate("t => harness.model.traitsArrive({...t, _n: 1})", given)

    def change(self, change: dict[str, Any]) -> None:
        """A numbered change comes from the kernel."""
        self.page.evaluate("c => harness.model.change(c)", change)

    def later(self, seconds: float) -> None:
        """So many seconds pass at once."""
        self._now += round(seconds * 1000)
        self.page.clock.set_fixed_time(self._now / 1000)
        self.page.evaluate("dispatchEvent(new Event('offline'))")

    def online(self, online: bool) -> None:
        self.page.context.set_offline(not online)
        self.page.wait_for_function("online => navigator.onLine === online", arg=online)
        self.later(0)

    def theme(self, name: str) -> None:
        """`light` or `dark`, of the page around the widget."""
        self.page.evaluate("n => document.body.classList.toggle('dark', n === 'dark')", name)
        self.page.wait_for_function(f"!harness.el || harness.el.dataset.theme === '{name}'")

    def rest(self) -> None:
        """What appears only after a second has appeared, and the kernel's parts are here."""
        self.page.wait_for_function(
            "!harness.model.kernel || !harness.el.shadowRoot.querySelector('[data-part]')"
        )
        # A message just drawn begins to move only with the browser's next look at it.
        self.page.evaluate(
            """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
              .then(() => harness.el.shadowRoot.getAnimations().forEach(each => each.finish()))"""
        )

    def size(self, width: int, height: int = 640) -> None:
        self.page.set_viewport_size({"width": width, "height": height})

    def style(self, css: str) -> None:
        """A reader's own style sheet, which reaches into the chat."""
        self.page.evaluate(
            """css => harness.el.shadowRoot.append(
              Object.assign(document.createElement("style"), {textContent: css}))""",
            css,
        )

    def _note(self, url: str) -> None:
        if not url.startswith(f"{ORIGIN}/tutor_widget/static/parts/"):
            self.asked.append(url)

    def _serve(self, route: Route) -> None:
        path = ROOT / route.request.url.removeprefix(f"{ORIGIN}/")
        if route.request.url.startswith(ORIGIN) and path.is_file():
            route.fulfill(path=path)
        else:
            route.abort()


def traits(status: str = "connected", **connection: Any) -> dict[str, Any]:
    """Status and connection as the kernel publishes them; `since`, `retry_at` in s from now."""
    times = {k: NOW + v * 1000 for k, v in connection.items() if k in {"since", "retry_at"}}
    return {
        "status": status,
        "connection": {"status": status, "since": NOW - 240_000, "now": NOW, **connection, **times},
    }


def _event(seq: int, role: str, text: str, minutes: int, **more: Any) -> dict[str, Any]:
    at = NOW - minutes * 60_000
    event = {"seq": seq, "id": f"m{seq}", "role": role, "text": text, "at": at}
    return {**event, "status": "complete", **more}


QUESTION: Final = """## 2 of 10

Each value has an **index**, its place in the list. What does this give?

```python
colours = ["red", "green", "blue"]
print(colours[1])
```"""
ANSWER: Final = """Not quite: indexes start at 0, so `colours[1]` is the *second* value.

| index | value |
|---|---|
| 0 | red |
| 1 | green |

Try again, or say [hint](https://example.org/hint)."""
CONVERSATION: Final[dict[str, Any]] = {
    "history": [
        _event(1, "tutor", QUESTION, 3),
        _event(2, "learner", 'red, because `colours[1]` is "the first"', 1),
        _event(3, "tutor", ANSWER, 1, re="m2"),
    ],
    "session_state": {
        "title": "Lists in Python",
        "step": 2,
        "of": 10,
        "suggestions": ["Hint", "Skip"],
    },
}
SHAREABLE: Final = {
    "cell": "print(colours[3])",
    "error": {
        "name": "IndexError",
        "message": "list index out of range",
        "traceback": "Cell In[4], line 1\n----> 1 print(colours[3])",
    },
}
# With all that can be pressed: a reply under way, one that failed, earlier messages to fetch, a
# conversation of yesterday, an error and a cell to share.
CROWDED: Final[dict[str, Any]] = {
    **CONVERSATION,
    "history": [
        _event(40, "learner", "What is a list?", 6),
        _event(41, "tutor", "", 6, re="m40", status="failed"),
        *[_event(41 + e["seq"], e["role"], e["text"], 3) for e in CONVERSATION["history"]],
        _event(45, "learner", "green", 0),
        {"id": "r", "re": "m45", "role": "tutor", "text": "Let me", "status": "streaming"},
    ],
    "_view": {
        "older": True,
        "resume": {"at": NOW - 90_000_000},
        "warning": "The disk is full: messages that wait are kept in memory only.",
        "error": "IndexError",
        "cell": True,
    },
}
OUTAGE: Final = traits("reconnecting", since=-20, attempt=3, retry_at=4)
WAITING: Final = [
    {"id": f"q{n}", "text": text, "at": NOW - 9_000, "status": "queued", "reason": ""}
    for n, text in enumerate(["green", "And what is `colours[-1]`?"])
]
REFUSED: Final = {
    **WAITING[0],
    "id": "f",
    "text": "word " * 40,
    "status": "failed",
    "reason": "It is too long.",
}
EVERYTHING: Final = {**CROWDED, **OUTAGE, "queue": [*WAITING, REFUSED]}
"""All that can be pressed, in an outage."""
IDLE: Final = {"kernel": {"status": "idle", "connectionStatus": "connected"}}
CUT: Final = {"kernel": {"status": "idle", "connectionStatus": "connecting"}}
BUSY: Final = {"kernel": {"status": "busy", "connectionStatus": "connected"}}


class State:
    """What the badge can say, and how it comes about: with or without a conversation before it."""

    def __init__(self, name: str, words: str, stage: Callable[[Harness, dict[str, Any]], None]):
        self.name = name
        self.words = words
        self._stage = stage

    def stage(self, harness: Harness, conversation: dict[str, Any]) -> None:
        harness.online(True)
        self._stage(harness, conversation)
        harness.rest()


def _shown(given: dict[str, Any], **options: Any) -> Callable[[Harness, dict[str, Any]], None]:
    return lambda harness, conversation: harness.show({**conversation, **given}, **options)


def _reconnected(harness: Harness, conversation: dict[str, Any]) -> None:
    harness.show({**conversation, **OUTAGE, "queue": WAITING})
    said = conversation.get("history", [])
    sent = [_event(len(said) + n, "learner", str(w["text"]), 0) for n, w in enumerate(WAITING, 1)]
    events = [{**event, "id": w["id"]} for event, w in zip(sent, WAITING, strict=True)]
    back = traits("connected", since=0, outage=24)
    harness.arrive({**back, "queue": [], "history": [*said, *events]})


def _offline(harness: Harness, conversation: dict[str, Any]) -> None:
    harness.online(False)
    harness.show({**conversation, **OUTAGE, "queue": WAITING[:1]})


def _stuck(manager: Any) -> Callable[[Harness, dict[str, Any]], None]:
    def stage(harness: Harness, conversation: dict[str, Any]) -> None:
        harness.show({**conversation, **traits()}, answers=False, manager=manager)
        composer = harness.page.get_by_test_id("composer")
        composer.fill("green")
        composer.press("Enter")
        harness.later(2)

    return stage


def _stopped(harness: Harness, conversation: dict[str, Any]) -> None:
    harness.show({**conversation, **traits()}, manager=IDLE)
    harness.change({})
    harness.page.evaluate(
        "harness.model.widget_manager.kernel.status = 'dead'; harness.model.commChanged()"
    )


FATAL: Final = traits(
    "failed",
    since=-5,
    code="sign_in",
    reason="Please sign in again.",
    advice="Sign in again or pass a new token, then press Reconnect now.",
)
STATES: Final = [
    State("connecting", "Connecting…", _shown(traits("connecting", since=-1, attempt=1))),
    State("connected", "Connected", _shown(traits())),
    State("reconnecting", "Reconnecting, next try in 4 s", _shown(OUTAGE)),
    State(
        "queued",
        "Reconnecting, 2 messages waiting",
        _shown({**OUTAGE, "queue": WAITING}),
    ),
    State("reconnected", "Reconnected, 2 messages sent", _reconnected),
    State("offline", "You are offline. Your messages wait here.", _offline),
    State("busy", "A cell is running. Your message goes out when it ends.", _stuck(BUSY)),
    State("waiting", "Waiting for the notebook’s kernel…", _stuck(CUT)),
    State("stopped", "The notebook’s kernel has stopped. Run this cell again to go on.", _stopped),
    State(
        "saved",
        "A saved conversation. Run this cell to go on.",
        _shown(traits(), answers=False, manager={"kernel": None}),
    ),
    State("fatal", "Please sign in again.", _shown(FATAL)),
    State("closed", "Disconnected", _shown(traits("closed", since=-60))),
]


def _answer(given: dict[str, Any], **state: Any) -> Callable[[Harness, dict[str, Any]], None]:
    """A question to a tutor with a model, and the answer to it, or its place in line."""
    at = len(CONVERSATION["history"])
    asked = _event(at + 1, "learner", "Why do they begin at 0?", 0)
    said = {**_event(at + 2, "tutor", "", 0, re=asked["id"]), **given}
    shown = {**CONVERSATION["session_state"], "ai": True, **state}
    traits_of_it = {"history": [*CONVERSATION["history"], asked, said], "session_state": shown}
    return _shown({**traits(), **traits_of_it})


MIDNIGHT: Final = NOW - NOW % 86_400_000 + 86_400_000
"""When the next budget begins: 00:00 UTC."""
OFFSETS: Final = {
    "text": "An index is a *distance* from the start of the list. How far is the first?"
}
MODEL_STATES: Final = [
    State("ai", "", _answer(OFFSETS)),
    State("budget", "A fifth of", _answer(OFFSETS, budget={"left": 0.2, "until": MIDNIGHT})),
    State("budget-tenth", "A tenth of", _answer(OFFSETS, budget={"left": 0.1, "until": MIDNIGHT})),
    State(
        "used-up",
        "used up; it goes on at 00:00",
        _answer(
            {"text": "Today's questions are used up. You can go on at 00:00 UTC."},
            budget={"left": 0, "until": MIDNIGHT},
        ),
    ),
    State("in-line", "third in line", _answer({"id": "r", "status": "streaming", "place": 3})),
    State("held", "A teacher is looking", _answer({"status": "streaming", "held": True})),
    State(
        "closed-hour",
        "closed until 12:00",
        _answer({"text": "The tutor is closed until 12:00: exam."}),
    ),
    State(
        "cut-off",
        "The answer failed.",
        _answer(
            {
                "text": "An index is a *distance* from the\n\nThe answer was cut off.",
                "status": "failed",
            }
        ),
    ),
    State(
        "resting",
        "out of order now",
        _answer(
            {
                "text": "The AI is out of order now. Please try again in a minute.",
                "status": "failed",
            }
        ),
    ),
    State(
        "not-set-up",
        "not set up properly",
        _answer(
            {"text": "The tutor is not set up properly. Tell your teacher.", "status": "failed"}
        ),
    ),
    State(
        "withheld",
        "I will not write that out",
        _answer(
            {
                "text": "An index is a *distance* from the start of the list.\n\nI will not write "
                "that out for you. Tell me what you have tried, and we take the next step together."
            }
        ),
    ),
    State(
        "engine-alone",
        "The AI does not answer now",
        _answer(
            {
                "text": "The AI does not answer now, so the lesson goes on in the words of its "
                "author.\n\n**Hint 1 of 2:** `colours[0]` is the first value."
            }
        ),
    ),
]
"""What a learner meets of a tutor with a model: the chat says the `words`, the badge is good."""
