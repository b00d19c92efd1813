"""``python -m tutor_widget.server``"""

from .app import main

main()
