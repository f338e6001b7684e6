"""An apply while it runs and when it ended: the log, the JSON stream, the outcome.

Never here: terminals and how lines are redrawn (`cli.terminal`). Imported by `cli`.
"""
