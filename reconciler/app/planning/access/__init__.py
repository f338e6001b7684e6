"""What a plan does to access: the worlds before and after it, paths that it opens or closes, and policies.

Belongs here: turning what a provider's analysis says of two worlds into what a plan shows. Never here: the
analysis itself (providers, `sdk.access`), questions without a plan (`app.reaching`). Imported by `planning`.
"""
