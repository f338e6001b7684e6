"""The use case `init`: a repository to start from. What is written is checked before; nothing is overwritten.

`templates` are the files that are the same for everybody, with `@@NAME@@` for what is not.
"""
