"""What was found to differ, by what it means: items of drift, which of them count, and what is new in them.

Belongs here: frozen values, and pure functions from a plan to them. Never here: reading, texts of pages.
Imported by every layer above.
"""
