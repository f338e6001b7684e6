"""Shorthand -> drafts: one module for each section of the language.

Belongs here: how a section becomes config entries, as pure functions. Never here: whether Consul accepts
the entry: `rules` checks shorthand and raw entries alike. Imported by `resolve` only.
"""
