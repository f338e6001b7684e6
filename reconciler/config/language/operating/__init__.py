"""The forms of the operator's file, `reconciler.yaml`: a pydantic model for each section.

Belongs here: which keys a section has, of which type, with which default. Never here: what a value means.
`file` is the whole; `config.operating` reads it. Imports `language.base` only.
"""
