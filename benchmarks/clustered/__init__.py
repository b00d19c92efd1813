"""The parts of `dev.py bench cluster`: nodes on one PostgreSQL behind nginx, and learners."""
