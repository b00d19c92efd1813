"""Teaches: what is replied to a message, and what becomes of the learner's place. Pure.

teaching         what a message is about
at_step          an answer, a command or talk at a step
choosing         another lesson, or a step at the end of one
exchange         a message and the reply to it, in the making
speech, naming   what is said of a lesson; which lesson or step a message names
learner, place   what is kept of a learner: read from the state once, and written once
glossary         what a word means
solutions        whether a text gives the answer away, or is the way to it: "7*2" for 14
said, briefing   a reply in parts, of which a model may say one; what it is told for that
kept             reads a state that may hold anything
"""

from __future__ import annotations

from .exchange import Message
from .said import Brief, Finding, Said
from .teaching import Teaching

__all__ = ["Brief", "Finding", "Message", "Said", "Teaching"]
