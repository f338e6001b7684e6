"""Safety checks: limits, confirmations, freezes, approvals, and what a run leaves out."""
