"""Notebook files with and without an id of ours."""

from __future__ import annotations

import json
import os
from pathlib import Path


def write(path: Path, id: str | None = None) -> Path:
    """A new notebook; ``id`` as a page writes it into the metadata."""
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {} if id is None else {"tutor_widget": {"notebook": id}}
    path.write_text(json.dumps({"nbformat": 4, "metadata": metadata, "cells": []}))
    return path


def rewrite(path: Path, id: str | None = None) -> None:
    """Save it anew, some time later."""
    before = path.stat().st_mtime_ns
    write(path, id)
    os.utime(path, ns=(before + 1, before + 1))
