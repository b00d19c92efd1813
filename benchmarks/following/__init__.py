"""The parts of `dev.py bench dashboard`: a class in a store, and statements by role."""
