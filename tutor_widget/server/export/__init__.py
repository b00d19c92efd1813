"""Conversations of a store: JSON lines for programs, Markdown for people, tables for studies.

`Export` reads what a `Selection` names and yields it piece by piece, in one of the forms:

jsonl, markdown   whole conversations
study             rows of turns, without a word of what was said; csv_table and parquet write them
names             pseudonyms, or the real names
"""

from __future__ import annotations

from .csv_table import CsvTable
from .exporting import Export, Form, Selection
from .jsonl import JsonLines
from .markdown import Markdown
from .names import Names
from .parquet import ParquetTable

__all__ = [
    "CsvTable",
    "Export",
    "Form",
    "JsonLines",
    "Markdown",
    "Names",
    "ParquetTable",
    "Selection",
]
