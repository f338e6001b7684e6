"""The state, its commands and its files."""
