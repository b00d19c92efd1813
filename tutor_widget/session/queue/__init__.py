"""The queue of messages that no server has acknowledged yet.

``outgoing``  the messages in their order, what each waits for, and what goes out next
``flight``    what was sent on the present connection, and the hold after a refusal
``poison``    messages that break the connection: strikes, and setting aside
"""
