"""The tutor that speaks with a model (`--tutor openai`)."""
