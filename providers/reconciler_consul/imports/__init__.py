"""What comes over each peering, whether it runs, and the names under which callers dial it.

Only `live` asks servers; everything else is pure. Never here: changing anything. Imported by the
provider only.
"""
