"""What the dashboard knows of all conversations, kept up to date: one reader for all pages.

follower   the shell: reads the store once, then what has changed
directory  which conversations there are, and of whom
waiting    which messages wait, and which answers failed
reports    which reports are listed
published  the figures of the class, and what of them was published
budgets    who has little left of the day's questions
readers    what else learns from the same reads
topics     tells open pages what has changed
"""

from __future__ import annotations

from .budgets import Budgets
from .directory import Directory
from .follower import Follower
from .published import FiguresReader, open_figures
from .readers import Reader
from .topics import Topics
from .waiting import Waits

__all__ = [
    "Budgets",
    "Directory",
    "FiguresReader",
    "Follower",
    "Reader",
    "Topics",
    "Waits",
    "open_figures",
]
