"""The audit log: what every store must do with it, and what verifying it finds."""
