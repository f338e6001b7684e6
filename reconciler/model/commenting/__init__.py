"""Comments on pull requests, as values: which host, and what became of a comment. No I/O."""
