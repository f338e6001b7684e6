"""Worlds: made from what is declared, from rows and instances, and from changes."""
