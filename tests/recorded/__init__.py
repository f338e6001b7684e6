"""Recorded transcripts of real Consul servers, replayed against the emulator."""
