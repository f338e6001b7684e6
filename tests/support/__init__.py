"""Shared by several rooms of tests: stages, fakes, samples. A room's own helpers stay in the room."""
