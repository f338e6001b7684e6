"""Comments on pull requests and merge requests: one for each name, written once and then updated.

`place` says which host and request this run belongs to, `calls` sends one request, `github` and `gitlab` find
and write a comment there, `posting` decides. Never here: what a comment says (`render`).

Nothing of a cluster or a state is known here. A comment belongs to this program if the token's own account
wrote it and its first line is the mark: others can copy the mark, and other programs use the same account.
"""
