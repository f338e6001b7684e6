"""That any valid configuration goes to any other in one apply: random pairs, an oracle of access, cases.

`python -m tests.transitions --help` runs many pairs; `make transitions` all that docs/transitions.md counts.
"""
