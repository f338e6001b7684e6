"""Fields of config entries: which ones servers know, how they are spelled, which values they take.

`known` reads the fields in the SDK's table of kinds; `lookup` finds a field in any letter case, as
Consul does. Never here: rules about one kind of entry (`rules`), or about services and peers. Imports
`language` and `text`.
"""
