"""The queue of what no server has acknowledged yet.

``outgoing``  the messages in their order, what each waits for, and what goes out next
``flight``    what was sent on the present connection, and the hold after a refusal
``poison``    messages that break the connection: strikes, and setting aside
``requests``  reports of answers, and the erasure of the conversation, which are journalled too
"""
