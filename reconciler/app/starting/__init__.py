"""Files that a new repository starts from. `pipelines` fills the templates of CI; nothing here is written to disk.

`templates/` has them as text, with lines `# reconciler:NAME` where something is put in. Tests run what comes out.
"""
