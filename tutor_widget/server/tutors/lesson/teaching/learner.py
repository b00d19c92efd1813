"""All that is kept of a learner: the session's state as a record. Pure.

What is malformed counts as absent. Keys of the state that are not listed here belong to others,
and stay as they are:

    title, step, of, score, attempts, progress, suggestions   what the widget shows
    lesson                                                    the name of the lesson
    question, solved, missed, hints, helped, done             see `Place`
    places                                                    the place in each lesson left midway
    shown, listed, acted, said, chats                         see `Learner`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..steps import Lesson
from .kept import Kept
from .place import PLACE_KEYS, Place, read_place

__all__ = ["Learner", "read_learner"]

State = dict[str, Any]
_LONGEST_NAME: Final = 1_000
_MOST_ACTED: Final = 40
_REPLACED: Final = ("choosing",)
"""Keys of earlier versions."""


@dataclass(slots=True)
class Learner:
    """Revisions are those of the state; 0 is before any."""

    place: Place | None = None
    """None before the first lesson, and in a lesson that is gone."""
    places: dict[str, Any] = field(default_factory=dict)
    """By lesson, as they are kept; also in lessons that are gone, which may come back."""
    gone: str = ""
    """The title of the learner's lesson, if its file was removed."""
    shown: int = 0
    """With which the step was first shown: an older message was written for an earlier step."""
    listed: int = 0
    """With which the list of lessons was shown, while one is to be chosen from it."""
    acted: dict[str, int] = field(default_factory=dict)
    """With which the reply to each command, and to each wrong answer at this step, was shown: the
    same again in an older message was written before that, and changes nothing."""
    said: str = ""
    """The digest of the last reply, so that none is given twice in a row."""
    chats: int = 0
    """How many replies were small talk, so that its sentences take turns."""

    @property
    def asked(self) -> tuple[str, str, bool] | None:
        """What is asked: the lesson, the question, and whether the lesson is at its end."""
        place = self.place
        return (place.lesson.name, place.digest, place.done) if place else None

    def open(self, lesson: Lesson) -> Place:
        """Go to a lesson: where it was left midway, or to its beginning."""
        self.listed = 0
        if self.place is not None:
            self.places[self.place.lesson.name] = self.place.kept()
        self.place = read_place(Kept(self.places.pop(lesson.name, None)), lesson)
        if self.place.done and not self.place.is_lost:
            self.place = Place(lesson)
        return self.place

    def is_done(self, lesson: Lesson) -> bool:
        """Whether the learner left this lesson at its end."""
        return Kept(self.places.get(lesson.name)).flag("done")

    def moved(self, shown: int) -> None:
        """Another step is asked. It is shown first with this revision."""
        self.shown, self.listed, self.acted = shown, 0, {}

    def save(self, state: State, place: Place) -> None:
        """Write the record into the state."""
        for key in _REPLACED:
            state.pop(key, None)
        state |= place.kept()
        state |= {
            "score": place.score,
            "lesson": place.lesson.name,
            "places": self.places,
            "shown": self.shown,
            "listed": self.listed,
            "acted": dict(sorted(self.acted.items(), key=lambda one: one[1])[-_MOST_ACTED:]),
            "said": self.said,
            "chats": self.chats,
        }


def read_learner(state: State, lessons: Mapping[str, Lesson], newest: int) -> Learner:
    """What the state says of the learner. ``newest`` is the newest revision that it may name."""
    kept = Kept(state)
    acted, places = kept.table("acted"), kept.table("places").values
    learner = Learner(
        places={name: place for name, place in places.items() if isinstance(place, dict)},
        shown=kept.revision("shown", newest),
        listed=kept.revision("listed", newest),
        acted={name: shown for name in acted.values if (shown := acted.revision(name, newest))},
        said=kept.text("said", 64),
        chats=kept.count("chats") or 0,
    )
    name = kept.text("lesson", _LONGEST_NAME)
    if not name or not kept.count("step"):
        return learner  # another tutor's state, or a new one
    if name in lessons:
        learner.place = read_place(kept, lessons[name])
    else:
        learner.places[name] = {key: state[key] for key in PLACE_KEYS if key in state}
        learner.gone = kept.text("title", _LONGEST_NAME) or name
    return learner
