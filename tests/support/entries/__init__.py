"""The corpus of config entries and what is done to it."""
