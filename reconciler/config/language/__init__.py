"""The forms of the language: a pydantic model for each section, and the check against them.

Belongs here: which keys there are, of which type, with which default. Never here: anything that needs a
second section or a cluster. Nothing is looked up and nothing is coerced. Imports `text` only.
"""
