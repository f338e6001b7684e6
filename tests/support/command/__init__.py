"""A folder, servers and a terminal for the command."""
