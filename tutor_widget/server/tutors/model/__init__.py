"""The tutor with a language model: ``--tutor openai``."""
