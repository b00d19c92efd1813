"""What the scopes of a hub's user, and the operator's table of groups, make of a teacher. Pure.

A hub hands on its scopes with their filters: ``custom:tutor:read!group=7b`` is for learners of the
group 7b, without a filter it is for all. With a table only those groups count in which the table
names the teacher, and the scopes say what she may do there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tutor_widget.dashboard.roles import EVERY, Teacher
from tutor_widget.server.settings import BadSetting
from tutor_widget.textfile import UnreadableFile, read_text
from tutor_widget.wire import MAX_NAME

__all__ = ["READ", "WRITE", "read_groups", "teacher_of"]

READ: Final = "custom:tutor:read"
WRITE: Final = "custom:tutor:write"


def teacher_of(
    name: str, scopes: Iterable[str], table: Mapping[str, frozenset[str]] | None = None
) -> Teacher:
    """The hub's user ``name``, of which a notice can show `MAX_NAME` characters.

    ``table``: the teachers of each group, if an operator named them.
    """
    held = [*scopes]
    reads, writes = _groups(READ, held), _groups(WRITE, held)
    if table is not None:
        mine = frozenset(group for group, teachers in table.items() if name in teachers)
        reads, writes = _within(reads, mine), _within(writes, mine)
    return Teacher(name[:MAX_NAME], reads, writes)


def _groups(scope: str, held: Iterable[str]) -> frozenset[str]:
    found = set()
    for each in held:
        base, separator, limit = each.partition("!")
        if base != scope:
            continue
        kind, _, value = limit.partition("=")
        if not separator:
            found.add(EVERY)
        elif kind == "group" and value and value != EVERY:
            found.add(value)
        # Any other filter names no group of learners, and gives nothing.
    return frozenset(found)


def _within(groups: frozenset[str], mine: frozenset[str]) -> frozenset[str]:
    if EVERY in mine:
        return groups
    return mine if EVERY in groups else groups & mine


def read_groups(path: Path) -> dict[str, frozenset[str]]:
    """A table of TOML, ``"7b" = ["ms.lovelace", "mr.babbage"]``: the teachers of each group.

    The group ``*`` is for teachers of all. Raises BadSetting; its text names file and group.
    """
    try:
        table = tomllib.loads(read_text(path))
    except UnreadableFile as error:
        raise BadSetting(f"The file of groups {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"The file of groups {path} is no TOML: {error}") from None
    for group, teachers in table.items():
        if not isinstance(teachers, list) or not all(isinstance(one, str) for one in teachers):
            raise BadSetting(
                f'{path}: {group!r} names no list of teachers, such as {group!r} = ["ms.lovelace"].'
            )
    if not table:
        raise BadSetting(f"The file of groups {path} names no group.")
    return {group: frozenset(teachers) for group, teachers in table.items()}
