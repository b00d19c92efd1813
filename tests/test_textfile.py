"""Text files, as the editors of teachers save them."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

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
