"""Where the file of a course lies, and what holds when it changes, comes or goes.

It lies beside the lessons, or where ``--course`` says.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from tutor_widget.server.settings import BadSetting

from .course import Course, load_course
from .tables import COURSE_FILE, load_table
from .watched import Watched

__all__ = ["load_beside", "watch_course"]

_MEANT: Final = (COURSE_FILE, f"{COURSE_FILE}.txt")
"""Names, in small letters, of a file that is meant for it. Windows hides the ``.txt``."""


def watch_course(course: Path | str | Course | None, lessons: Path | str | None) -> Watched[Course]:
    """The course of a file, read anew when that or a file of its material changes.

    Without ``course`` it is the file beside ``lessons`` (a folder, or one lesson), if there is one:
    it may come later. One that goes leaves its course in place, as a faulty one does. A `Course`
    stays as it is. Raises BadSetting as `load_course` and `load_beside` do.
    """
    if isinstance(course, Course) or not (course or lessons):
        fixed = course if isinstance(course, Course) else Course()
        return Watched(lambda: fixed, (), "course")
    if course:
        path = Path(course)
        return Watched(partial(load_course, path), [path], "course", partial(_material_of, path))
    place = Path(lessons or "")
    folder = place.parent if place.is_file() else place
    load, files = _loading_beside(folder), partial(_files_beside, folder)
    return Watched(load, [folder / COURSE_FILE], "course", files)


def load_beside(folder: Path) -> Course | None:
    """Load the course of a folder of lessons; None if it has none.

    Raises BadSetting as `load_course` does, and for a file whose name only seems to be the right
    one: it would not be read, and an exam not be closed.
    """
    try:
        path = _find(folder)
    except OSError:  # renamed for a moment: what is known goes on
        raise BadSetting(f"{folder}: the folder is not there, or cannot be read.") from None
    if path is not None and path.name != COURSE_FILE:
        raise BadSetting(f"{path.name}: rename it to {COURSE_FILE}, in small letters, no .txt.")
    return None if path is None else load_course(path)


def _find(folder: Path) -> Path | None:
    """The course's file, or one that is meant for it. Raises OSError for the folder."""
    path = folder / COURSE_FILE
    if path.exists() or path.is_symlink():  # a link that leads nowhere is a fault
        return path
    others = (one for one in folder.iterdir() if one.name.lower() in _MEANT)
    return min(others, default=None)


def _loading_beside(folder: Path) -> Callable[[], Course]:
    """Loads the course of a folder, if it has one. What was there has to stay."""
    was_there = False

    def load() -> Course:
        nonlocal was_there
        course = load_beside(folder)
        if course is None and was_there:  # deleted, or copied anew: no exam ends by that
            raise BadSetting(
                f"{folder / COURSE_FILE} is gone; what it said still holds. Put an empty file "
                "there, or start the server anew, for a course without one."
            )
        was_there = course is not None
        return course or Course()

    return load


def _files_beside(folder: Path) -> list[Path]:
    """The course's file, also by a wrong name, and those of its material."""
    path = _find(folder)
    return [] if path is None else [path, *_material_of(path)]


def _material_of(path: Path) -> list[Path]:
    """The files that a course names and that are there, whether it has faults or not."""
    try:
        names = load_table(path).get("material")
    except BadSetting:
        return []
    if not isinstance(names, list):
        return []
    paths = [path.parent / n for n in names if isinstance(n, str) and n.isprintable()]
    return [one for one in paths if one.is_file()]
