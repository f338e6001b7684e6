"""Configuration: YAML text -> `DesiredState`, with every problem and its place. Contacts no cluster.

The way of a file: `text` (values with places) -> `language` (the forms) -> `clusters` (what is declared)
-> `expand` (shorthand) -> `drafts` (resources being made) -> `rules` (checks) -> `edges` and `graph`
(order). `resolve` runs these stages, `load` is what the app calls, `operating` reads `reconciler.yaml`.
Each room imports only rooms before it; the contract "config" in pyproject.toml says which.
"""
