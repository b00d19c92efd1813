"""A learner's program: the shell around the session, the page, and the disk with its journal."""
