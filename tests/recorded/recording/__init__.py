"""Play suites on real servers and keep what they answer."""
