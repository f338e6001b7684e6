"""Safety checks on a plan: limits, what has to be confirmed, and freezes. Pure: values in, values out.

Belongs here: what the operator's settings say of a plan that is made, or of a time that is given. Never here:
guards of a run as a whole that need no settings (`engine.guards`), performing anything. The app calls these.
"""
