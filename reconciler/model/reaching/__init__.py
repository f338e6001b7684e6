"""What a plan does to access, and policies about it: data, and their form in plan files.

Belongs here: frozen values. Never here: how they are found (`app.planning`). Imported by every layer above.
"""
