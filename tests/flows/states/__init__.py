"""States that are lost, older, or gone back in."""
