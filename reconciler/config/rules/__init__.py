"""Rules: what Consul refuses or people misread, found without a server, as diagnostics.

A module holds the rules of one subject; `all` lists them. A rule looks at drafts and changes nothing.
Never here: what depends on running servers (the provider checks that at plan time). Only `resolve`
imports `all`.
"""
