"""What a model is given: instructions, what is known, the conversation, the message. Pure.

messages    the messages for the endpoint, within a budget
instructions  what stands in the first of them: the prompt, the course, the step, the language
blocks      text that others wrote, delimited so that it cannot end its block
brief       what it is told of the step
prompt_file the prompt itself: the operator's file, or socratic.md
"""

from __future__ import annotations

from .messages import Message, build_messages
from .prompt_file import read_prompt

__all__ = ["Message", "build_messages", "read_prompt"]
