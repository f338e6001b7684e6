"""State in a directory of the local file system: files, lock, snapshot, journal, generations."""
