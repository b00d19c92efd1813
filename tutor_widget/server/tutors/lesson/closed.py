"""What every message is answered in a course's closed hours, such as an exam. Pure."""

from __future__ import annotations

from datetime import datetime

from tutor_widget.server.tutors.course import Course

from .phrases import phrases_in

__all__ = ["closed_sentence"]


def closed_sentence(course: Course, now: datetime, lang: str | None) -> str:
    """Says until when the tutor is closed at ``now`` (aware), and why; "" if it is open.

    Nobody knows where a learner is. So the time is always told with the course's time zone, and
    with the day if that is another one there. ``lang`` is the language of the learner's interface;
    if it is not known, the sentence is in the course's language.
    """
    hours = course.closed_at(now)
    if hours is None:
        return ""
    phrases = phrases_in(lang or course.language)
    to, today = hours.to.astimezone(course.timezone), now.astimezone(course.timezone).date()
    about = {"time": f"{to:%H:%M}", "zone": course.timezone}
    why = hours.why.rstrip(".。")
    if to.date() == today:
        return phrases.say("closed", **about, why=why)
    month = phrases.say("months").split()[to.month - 1]
    return phrases.say("closed_day", **about, day=to.day, month=month, year=to.year, why=why)
