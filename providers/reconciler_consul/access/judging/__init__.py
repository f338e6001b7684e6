"""What a proxy or a server decides about one request: intentions, permissions, tokens, refusals of entries.

Belongs here: one decision, from what one cluster holds, and what several of them amount to. Never here: which
way a request takes (`way`).
"""
