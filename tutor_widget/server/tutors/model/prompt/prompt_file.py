"""The prompt: how the tutor teaches. A file of the operator, or the one of this package."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tutor_widget.server.settings import BadSetting
from tutor_widget.textfile import UnreadableFile, read_text

__all__ = ["SOCRATIC", "read_prompt"]

SOCRATIC: Final = Path(__file__).with_name("socratic.md")
_MOST: Final = 32 << 10
"""Bytes: about 8,000 tokens, which every question costs."""


def read_prompt(path: Path | str | None = None) -> str:
    """The text of the file, by default of `SOCRATIC`.

    Raises BadSetting for a file that cannot be read, is no UTF-8, blank or larger than 32 KiB.
    """
    file = Path(path or SOCRATIC)
    try:
        if file.is_file() and file.stat().st_size > _MOST:
            raise BadSetting(
                f"The prompt {file} has more than {_MOST >> 10} KiB, which every question would "
                "cost. Shorten it, or put what is about a course into its course.toml."
            )
        text = read_text(file).strip()
    except (UnreadableFile, OSError) as error:
        raise BadSetting(f"The prompt: {error}") from None
    if not text:
        raise BadSetting(f"The prompt {file} is empty. Write how the tutor shall teach.")
    return text
