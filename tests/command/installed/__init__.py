"""The command as it is installed: the packages, completion of shells."""
