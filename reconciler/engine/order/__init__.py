"""The order of changes: one that servers take, with the interim steps, or why there is none.

`edges` is the order that references ask for, `board` the picture of the servers on which `search` tries
writes, the others are ways to make room for a refused write; `routing` is what `planning` calls. Pure:
servers are asked through `reconciler.sdk.foresight` only. Never here: whether an object needs a change
(`deciding`).
"""
