"""The state: what is recorded, and where it is kept."""
