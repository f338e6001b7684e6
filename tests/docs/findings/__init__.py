"""docs/findings.md, made from the catalogue of the doctor."""
