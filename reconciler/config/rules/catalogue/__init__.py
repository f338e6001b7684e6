"""The catalogue of rules: for every code that a problem or a finding can have, one text file that says what
it means, why it is one and what to do.

Belongs here: the texts, and how they are read. Never here: the rules themselves. Pages, the command `rules`
and reports read it; a run that only checks a configuration does not, so nothing here is imported by `load`.
"""
