"""The pages. Each is made on the server and works without scripts; one script keeps it up to date.

application  which page is where
desk         what all pages share: store, follower, roles, audit
page         what all pages do: who asks, in which language, what goes wrong
headers      what a browser is told, and under which names this server answers
sign_in      the form for a token
held         answers that wait for a person
reports      what learners reported
learners     whose conversations there are; one of them, and notices into it
overviews    who waits
class_pages/ where the class is: figures by step, misconceptions, concepts
live         tells an open page what has changed
text         messages as HTML
"""

from __future__ import annotations

from .application import application
from .desk import Desk

__all__ = ["Desk", "application"]
