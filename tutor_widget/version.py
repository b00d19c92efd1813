"""Which release this is, and how it introduces itself to servers."""

from typing import Final

__version__: Final = "0.2.0"
NAME: Final = f"tutor_widget/{__version__}"
