"""Ignore rules, and the classes of differences that they are about.

Belongs here: frozen values, and their form in plan files. Never here: plans, or what drift was found.
Imported by changes, plans and every layer above.
"""
