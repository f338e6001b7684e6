"""Shared by several rooms of tests: stages, stand-ins, samples. A room's own helpers stay in the room."""
