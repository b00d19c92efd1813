"""What the dashboard says of a class. Pure: no I/O, and time is an argument.

conversation     what one conversation tells of each step, event by event
facts            … the facts of a step, and what a session's state says of the place
contribution     what a learner adds to the figures of a step, by family
ledger           THE RULE: when the figures of a family may be published anew
cell             the families of a cohort at a step, published together
leaving          when learners leave their steps
class_figures    learners, cohorts and cells, kept up with what changes
page             what is shown: sums of what was published
misconceptions   wrong answers that several learners gave, and as an entry of a lesson
forms            which wrong answers are the same

**What the figures tell of a person.** Learners are partitioned into cohorts, by the exact set of
their groups. A cell is a cohort at a step, and has families of figures, such as who is there now or
how it went. Of a family a value is published only

1.  if at least `LEAST` learners contribute to it, and
2.  if it differs from *each* value of the family that was published before, not only the last one,
    in the contributions of none or of at least `LEAST` learners.

It is hidden again when fewer contribute, and when that, too, is a difference of so many. What a
page shows, of a group or of all, is a sum of published values and never a calculation of its own.
So the difference of any two things shown (later and earlier, with a group and without it, on two
dashboards, before and after a restart) is made of differences of published values, and each of
these stems from none or at least `LEAST` learners.

All families of a cell are judged at one moment and written in one record. So two families that say
the same of the same learners (of a step with two choices: who was wrong, and who chose A) never
differ: they are published at the same moments.

What it does not hide: that figures are *not* published anew says that fewer learners have changed;
and who knows what all others of a cohort did knows the last one from any exact sum.
"""

from __future__ import annotations

from .class_figures import ClassFigures, Due, Place
from .contribution import MINUTE
from .ledger import LEAST
from .misconceptions import Misconception, as_toml
from .page import ConceptRow, Counts, Page, StepRow

__all__ = [
    "LEAST",
    "MINUTE",
    "ClassFigures",
    "ConceptRow",
    "Counts",
    "Due",
    "Misconception",
    "Page",
    "Place",
    "StepRow",
    "as_toml",
]
