"""Sessions in memory: the registry, one live session, and the worker that answers in it.

registry       opens sessions and drops unused ones
live           one session: its listeners, and the log as they were sent it
greeting       the tutor's first message in a new session
reply_worker   answers: claims a waiting message, runs the tutor, commits the reply
attempt        one run of the tutor, which may be ended early
reply          the text of one reply under way
history        the conversation as a tutor reads it
"""
