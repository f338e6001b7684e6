"""Arguments: Terraform's spelling of options, values of variables, shared options, help.

Never here: what a command does with them. May be imported by `cli` and its commands.
"""
