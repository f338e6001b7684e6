"""`init`: what it writes, and that this works as it is."""
