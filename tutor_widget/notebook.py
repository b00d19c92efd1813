"""What the notebook tells us about itself."""

from __future__ import annotations

import os
import sys
from typing import Any


def shell() -> Any | None:
    """IPython's shell if this code runs in one; IPython is not imported for it."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def name() -> str | None:
    """Which notebook this is: its path as the front end says it, or None outside of one."""
    here = shell()
    if here is not None and (path := here.user_ns.get("__vsc_ipynb_file__")):
        return str(path)
    return os.environ.get("JPY_SESSION_NAME") or None
