"""Commands about documents that were kept: reports of them, and their schemas. Imported by `program`, by name."""
