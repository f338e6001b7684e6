"""What one object needs: declared, recorded and live body give one `Change`, or a reason to wait.

Belongs here: everything that looks at a single object (case, drift, removal, marks, moves). Never here:
other objects and the order among them (`order`). Pure. Imported by `planning`.
"""
