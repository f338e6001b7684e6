"""ACLs: policies as resources, the permissions that a run needs, and asking whether a token has them.

Never here: the policy language (`kinds.policy_language`), what the emulator does. Imports `kinds`,
`server` and `peering`.
"""
