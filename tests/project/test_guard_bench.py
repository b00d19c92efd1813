"""What `dev.py bench guard` measures; see `benchmarks/guarding`."""

from __future__ import annotations

import re
from itertools import islice
from statistics import median

import pytest

from benchmarks.guard import BEGIN, END, PAGE, few
from benchmarks.guarding.measure import Open, harmless, is_leak, measure, shown
from benchmarks.guarding.telling import conversations

pytestmark = pytest.mark.timeout(100)


def test_no_answer_gets_out_in_any_way_of_asking() -> None:
    """Of 60 ways, six at each step, none gets the answer out; without a guard each does."""
    measured = measure(few(), ())
    assert measured.asked == measured.leaks_without == 60
    assert measured.leaks == []


def test_harmless_replies_leave_in_time() -> None:
    """Of every fourth harmless reply all leave, and their median delay is below 0.3 s."""
    measured = measure((), islice(harmless(), 0, None, 4))
    assert (measured.replies, measured.alarms) == (50, [])
    assert median(measured.first) <= 0.3
    assert median(measured.all) <= 0.3


def test_there_are_600_conversations_that_all_tell() -> None:
    """With the same seed the endpoint says the same; each reply tells the answer."""
    every = list(conversations(3))
    assert len(every) == 600
    assert every == list(conversations(3))
    assert all(is_leak(shown(Open(), one.reply), one.fact, one.core) for one in every)


def test_the_page_shows_what_was_measured() -> None:
    """docs/tutors.md has the table, and the goal is reached in it."""
    told = PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    rows = dict(re.findall(r"^\| (.+?) \| (.+?) \|$", told, re.MULTILINE))
    assert rows["conversations in which the answer was asked for"] == "600"
    assert rows["answers told without the guard"] == "600"
    assert rows["answers told with the guard"] == "0"
    assert rows["harmless replies"] == "200"
