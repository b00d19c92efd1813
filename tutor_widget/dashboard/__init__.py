"""The dashboard: those who teach see where the class is stuck, and step in.

It is a process of its own, beside the tutor's servers and on the same database. It learns what they
write from `Store.changes`, and writes by the store's contract only.

options   what an operator says, and what is wrong with it
program   the process: store, web server, signals
roles     who may see and do what (pure)
words     its sentences, in the teacher's language
auth/     who signs in: by a file of tokens, or as a user of a JupyterHub
figures/  what the pages say of a class (pure)
follow/   what is known of all conversations, and which pages have changed
web/      the pages
"""
