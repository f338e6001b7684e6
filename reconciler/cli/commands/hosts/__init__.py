"""Commands that talk to code hosts. Never here: clusters and states."""
