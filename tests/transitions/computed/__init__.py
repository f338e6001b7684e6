"""Who may call whom, and which openings interim steps name, computed from what servers hold: nothing of the
product's.
"""
