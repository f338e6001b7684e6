"""Where a run comes from, and what the audit log says of it: frozen data; no hash is computed here."""
