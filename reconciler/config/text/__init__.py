"""Text of files -> plain values, each with its place. Knows YAML, variables and marked values.

Never here: what a key means, which clusters there are, what a resource is. `source` is the only module
of the product that imports a YAML library. May be imported by every room of `config`.
"""
