"""What a person types in a terminal: lines with editing, and a pasted block as one message."""

from __future__ import annotations

import os
from collections.abc import Iterator

PROMPT = "> "


def typed() -> Iterator[str]:
    """Each message that is typed, until Ctrl+D.

    Enter ends a message, Alt+Enter a line of it. The arrow keys move, and recall earlier messages.
    """
    # A question to the terminal whose answer only menus need; some terminals do not answer it.
    os.environ.setdefault("PROMPT_TOOLKIT_NO_CPR", "1")
    from prompt_toolkit import PromptSession
    from prompt_toolkit.input import create_input
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    keys = KeyBindings()

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    keyboard = create_input()
    # Between two prompts, and where the library writes above one, the terminal would echo the keys
    # and lose Ctrl+D: it stays in the mode in which this program reads them all.
    keyboard.cooked_mode = keyboard.raw_mode  # type: ignore[method-assign]
    session: PromptSession[str] = PromptSession(key_bindings=keys, input=keyboard)
    with keyboard.raw_mode():
        while True:
            try:
                yield session.prompt(PROMPT)
            except EOFError:
                return
