"""Messages in files: a tutor's Markdown and what a learner typed, as HTML and as Markdown.

Each message is closed in itself: whatever it holds, it changes nothing around it, and no picture is
loaded. The work is linear in the text.

``html``      a tutor's Markdown as HTML; ``parser`` reads it, ``formulas`` finds its mathematics
``markdown``  … and as Markdown that is safe beside other messages
``typed``     what a learner typed, as both
``plain``     text for a terminal
``code``      code without invisible characters; ``links`` where links lead
"""
