"""Where things lie in the checkout."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
JS = ROOT / "js"
LAB = ROOT / "lab"  # what people do to their notebooks changes no file of the checkout
HUB = ROOT / "hub"  # the small hub's database and its learners' notebooks
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
LAB_LOCK = ROOT / "requirements.lock"
TEST_LOCK = ROOT / "requirements-test.lock"
HUB_LOCK = ROOT / "requirements-hub.lock"
MODEL_LOCK = ROOT / "requirements-model.lock"
NODE_LOCK = ROOT / "requirements-node.lock"
KERNELS = ROOT / "tests" / "ipykernels"
