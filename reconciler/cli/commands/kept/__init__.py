"""Commands about documents that were kept: reports of them, and their schemas. Never here: clusters."""
