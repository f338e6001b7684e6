"""A plan's steps, performed: in parallel as their order allows, recorded, and read back at the end.

Belongs here: what happens during an apply (steps in flight, refused steps tried again, restoring). Never
here: deciding what should be done. Reaches clusters and storage through `ports`. Imported by the app.
"""
