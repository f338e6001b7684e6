"""No artefact of a run shows a secret, and no token goes where it does not belong."""
