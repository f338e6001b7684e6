"""Use case "plan" and its parts: read, check, foresee, preflight, and plan files.

Belongs here: what has to be known before a run is approved. Never here: writing to clusters
(`app.applying`). Imported by the app's other use cases; the command line calls it through
`reconciler.app`.
"""
