"""Reports: a result as Markdown, HTML, SARIF, JUnit, for GitHub and for GitLab.

`read` makes a typed `Report` of the JSON document that a command prints; each format is a pure function of
reports. So a document that was kept is rendered later in the same way, without clusters and secrets.
Belongs here: the report, how it is read, and one module for each format. Never here: text for terminals.
"""
