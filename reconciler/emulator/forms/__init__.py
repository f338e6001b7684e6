"""The forms of config entries: fields as data, decoding as mapstructure does, encoding, normal form.

Never here: whether an entry is valid (`entries.validate`), or what others refer to. Pure.
"""
