"""Shared state on servers: what every backend must do, and each server that is at hand."""
