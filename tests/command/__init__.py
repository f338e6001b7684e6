"""The real command in a process of its own: exit codes, streams, signals, files."""
