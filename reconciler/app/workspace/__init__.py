"""Where a run starts: configuration, state store, credentials and providers, opened together.

`opening` is the only place that names all of them. Never here: a decision about an object. Imported by
the use cases of `app`.
"""
