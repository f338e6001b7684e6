"""Every field of every config entry that servers took, on the sandbox."""
