"""Streams and terminals: output that may break, live lines, waiting lines, signals and interrupts.

Never here: what is said about a plan or a result (`render`). Imported by `cli` and its commands, and by
`reconciler.__main__` for the streams and the first signal.
"""
