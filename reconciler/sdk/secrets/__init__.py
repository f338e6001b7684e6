"""Secret values: types that do not print them, and the scrubber for texts of others.

Belongs here: `Secret` for tokens, `Sensitive` for leaves of bodies, and every spelling in which a secret
may come back. Never here: where a token comes from (`app.workspace`), which fields are sensitive (kinds
and the configuration say so). May be imported from everywhere.
"""
