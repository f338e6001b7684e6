"""Commands about plans that are reviewed before they are applied: whether one is fresh, and who approved it.

Belongs here: what reads plan files and signatures and shows the answer. Never here: writing to clusters.
"""
