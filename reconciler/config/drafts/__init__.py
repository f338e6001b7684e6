"""Resources being made: drafts with their places, and what they refer to.

Belongs here: questions about several declarations that expansions and rules both ask. Never here: the
forms of shorthand (`expand`) and what is allowed (`rules`).
"""
