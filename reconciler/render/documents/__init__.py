"""JSON documents as types, and their JSON Schemas.

The types are the one source: `python -m tests.docs.schemas` writes the schemas from them, with what
docs/json.md says of each key. Only that reads the types; a run reads a schema, as a file.
"""
