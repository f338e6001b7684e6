"""The command line: argv to one app call, its result to text, text and exit code from one value.

stdout is the product, stderr the log. Importing this package loads nothing: `main` decides what is needed.
"""
