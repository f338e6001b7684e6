"""Lines, values and long texts: the parts that every page is made of.

`lines.paint` is the only function that makes a string, so that everything is escaped. Never here: plans,
results, failures. Imported by `render` and `cli`.
"""
