"""The plan as a page and as JSON: steps, bodies, interim steps, drift, what to run next.

Never here: what happened in an apply (`render.apply`). Decides nothing: reasons come with the change.
Imported by `render` and `cli`.
"""
