"""From a JSON document to a `Report`: one module for each kind of document; `read` distinguishes them.

A document may be of another version, or be anyone's file: what is missing or of another type is empty.
"""
