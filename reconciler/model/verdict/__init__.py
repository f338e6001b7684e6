"""Verdicts: how a run ended, as one value. Exit code, text and every format show this value, and nothing else
decides them.

Belongs here: the value, and one module for each kind of result that has one. Pure. Never here: how it is
shown.
"""
