"""Servers that the tests of backends start: found on this machine, or written here. One module each."""
