"""A tutor of the operator's own, named as ``module:Class``."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from traitlets.config import Configurable

from tutor_widget.server.logs import where
from tutor_widget.server.settings import BadSetting

from .contract import Tutor

__all__ = ["import_tutor"]


def import_tutor(name: str, parent: Configurable) -> Tutor:
    """Import and make it; a `Configurable` gets its ``parent``. Raises BadSetting if that fails."""
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise BadSetting(f"--tutor {name}: lesson, openai, echo, or module:Class is expected.")
    # As with `python -m`, the current folder holds the operator's own modules.
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        made = getattr(importlib.import_module(module), attribute)
        if isinstance(made, type):
            made = made(parent=parent) if issubclass(made, Configurable) else made()
    except (ImportError, AttributeError) as error:
        raise BadSetting(f"--tutor {name}: {error}.") from error
    except Exception as error:  # the tutor is foreign code
        place = where(error)["at"]
        raise BadSetting(
            f"--tutor {name}: it cannot be made: {type(error).__name__} at {place}: {error}."
        ) from error
    if not isinstance(made, Tutor):
        raise BadSetting(f"--tutor {name}: it has no method 'reply'. See docs/tutors.md.")
    return made
