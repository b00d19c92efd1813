"""What the dashboard knows of all conversations, kept up to date: one reader for all pages.

follower   the shell: reads the store once, then what has changed
directory  which conversations there are, and of whom
waiting    which messages wait, and which answers failed
readers    what else learns from the same reads
topics     tells open pages what has changed
"""

from __future__ import annotations

from .directory import Directory
from .follower import Follower
from .readers import Reader
from .topics import Topics
from .waiting import Waits

__all__ = ["Directory", "Follower", "Reader", "Topics", "Waits"]
