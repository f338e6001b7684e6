"""State and journal as text: bytes to values and back. Pure; knows no file and no server."""
