"""Worlds: all that decides who can call whom, as plain JSON values, in the form of docs/snapshot.md.

Belongs here: a world made from what is declared, from what runs, and from another world and changes to it;
and what must not be in one. `live` and what it calls ask servers, everything else is pure. Never here: what
follows from a world (the analysis). Imported by the provider only.
"""
