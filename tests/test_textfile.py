"""Text files, as the editors of teachers save them; and every reader of such files."""

from __future__ import annotations

import codecs
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.lessons import LESSON
from tutor_widget import Conversation, TutorError
from tutor_widget.cli import arguments
from tutor_widget.cli.lesson import read_messages
from tutor_widget.client.net.endpoint import Remote
from tutor_widget.server.auth import read_tokens
from tutor_widget.server.tutors.lesson.catalogue import load_lessons
from tutor_widget.server.tutors.lesson.errors.table import load_entries
from tutor_widget.textfile import UnreadableFile, read_text

TEXT = 'title = "Schleifen über Wörter"\n# 列表\n'


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8], ids=["plain", "marked"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_a_mark_and_the_ends_of_lines_make_no_difference(
    tmp_path: Path, mark: bytes, end: bytes
) -> None:
    """UTF-8 of every system is the same text."""
    path = tmp_path / "lesson.toml"
    path.write_bytes(mark + TEXT.encode().replace(b"\n", end))
    assert read_text(path) == TEXT


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "UTF-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "UTF-16"),
        (TEXT.encode("utf-16-le"), "UTF-16 without a byte order mark"),
        (TEXT.encode("utf-32"), "UTF-32"),
        ("x = 1\ntitle = 'über'".encode("cp1252"), "ANSI (such as Windows-1252, see line 2)"),
        ("title = '列表'".encode("gb18030"), "ANSI (such as Windows-1252, see line 1)"),
    ],
    ids=["UTF-16", "big-endian", "unmarked", "UTF-32", "cp1252", "GB 18030"],
)
def test_another_encoding_is_named(tmp_path: Path, data: bytes, encoding: str) -> None:
    """The sentence names the file, the encoding that it seems to have, and what to do."""
    path = tmp_path / "lesson.toml"
    path.write_bytes(data)
    with pytest.raises(UnreadableFile) as caught:
        read_text(path)
    assert str(caught.value) == (
        f"{path} is not UTF-8: it seems to be {encoding}. Save it as UTF-8."
    )


def test_a_nul_character_is_named_with_its_line(tmp_path: Path) -> None:
    """A disk that failed leaves such files, and a token with one would never be right."""
    path = tmp_path / "tokens"
    path.write_bytes(b"ada t1\nalan \0t2\n")
    with pytest.raises(UnreadableFile, match="NUL character in line 2"):
        read_text(path)


def test_an_empty_file_is_an_empty_text(tmp_path: Path) -> None:
    """With or without a byte order mark."""
    path = tmp_path / "empty"
    for data in (b"", codecs.BOM_UTF8):
        path.write_bytes(data)
        assert read_text(path) == ""


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With the reason of the system."""
    with pytest.raises(UnreadableFile, match="missing cannot be read: No such file"):
        read_text(tmp_path / "missing")


# --- every reader ---

ERRORS = '[[errors]]\nname = "RobotError"\nmeaning = "Köln."\nlook = "Up."\n'


def read_token(path: Path) -> Any:
    """What `tutor-widget chat --token-file` sends."""
    remote = arguments.target(Namespace(url="ws://127.0.0.1:1/", token_file=path))
    assert isinstance(remote, Remote)
    assert callable(remote.token)
    return remote.token()


READERS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "lesson": (load_lessons, LESSON.replace("Small", "Größe")),
    "errors": (load_entries, ERRORS),
    "class list": (read_tokens, "# Schüler\nada token-of-ada\nalan token-of-alan\n"),
    "token": (read_token, "open-sesame\n"),
    "messages": (read_messages, "1\tright\tGröße\nhint\n"),
    "conversation": (Conversation.load, Conversation((), title="Größe").json()),
}
readers = pytest.mark.parametrize(("read", "text"), READERS.values(), ids=READERS.keys())


@readers
def test_a_mark_and_windows_ends_of_lines_change_nothing(
    tmp_path: Path, read: Callable[[Path], Any], text: str
) -> None:
    """Notepad's "UTF-8 with BOM" is read as UTF-8 is."""
    path = tmp_path / "file.toml"
    path.write_bytes(text.encode())
    plain = read(path)
    for ends in ("\n", "\r\n", "\r"):
        path.write_bytes(codecs.BOM_UTF8 + text.replace("\n", ends).encode())
        assert read(path) == plain


@readers
@pytest.mark.parametrize(
    ("encoding", "named"),
    [("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("cp1252", "ANSI")],
)
def test_another_encoding_is_said(
    tmp_path: Path, read: Callable[[Path], Any], text: str, encoding: str, named: str
) -> None:
    """With the file, the encoding, and what to do. Nothing is guessed."""
    if text.isascii() and encoding == "cp1252":
        text = f"{text}# Schlüssel\n"
    path = tmp_path / "file.toml"
    path.write_bytes(text.encode(encoding))
    with pytest.raises(TutorError) as caught:
        read(path)
    for words in (str(path), f"seems to be {named}", "Save it as UTF-8."):
        assert words in str(caught.value)


@pytest.mark.parametrize("name", ["._loops.toml", ".loops.toml", "~loops.toml", "#loops.toml#"])
def test_hidden_files_beside_a_lesson_are_passed_over(tmp_path: Path, name: str) -> None:
    """macOS leaves them on other systems' disks, editors beside what is open."""
    (tmp_path / "loops.toml").write_text(LESSON)
    (tmp_path / name).write_bytes(b"\x00\x05\x16\x07\x00")
    assert list(load_lessons(tmp_path)) == ["loops"]
