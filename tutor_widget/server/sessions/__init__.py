"""Sessions in memory: the registry, one live session, and the worker that answers in it.

registry       opens sessions and drops unused ones
live           one session: its listeners, and the log as they were sent it
listener       a connection, as a session sees it
relay          one session across nodes: who is connected elsewhere, and frames that cross
reply          what is known here of the session's reply, whoever makes it
greeting       the tutor's first message in a new session
reply_worker   answers what waits: gets a slot, claims a message, has the reply made
reply_maker    turns a claim into an answer: runs the tutor, commits or holds what it wrote
slots          the replies that a tutor makes at once, and the places of those that wait
queue          the order in which they get their turn, fair over accounts, then over sessions
attempt        one run of the tutor, which may be ended early
outcome        what is kept of it: answer, state, record
history        the conversation as a tutor reads it
"""
