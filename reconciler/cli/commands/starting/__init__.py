"""The command that begins a repository."""
