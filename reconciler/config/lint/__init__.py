"""Which problems are shown, and how severe they are: ignore comments and the `lint` section.

Belongs here: what the user says about rules, applied to problems that are already found. Never here: the
rules. Only what is said of a rule needs the catalogue: without a comment or a setting it is not imported.
"""
