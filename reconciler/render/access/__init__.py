"""Answers to "who can call whom": a table, the explanation of one pair, JSON, CSV, Markdown and an HTML page.

Belongs here: how answers are grouped, folded, counted and written. Never here: what is decided (answers come
from an analysis), which pairs are asked about (`app.reaching`), and files (the command writes them).
Imported by `cli`.
"""
