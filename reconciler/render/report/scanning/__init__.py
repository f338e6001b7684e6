"""Formats for tools that keep count of findings: SARIF, JUnit, GitLab's code quality, GitHub's annotations.

`findings` is the one list that all of them show; `rules` says what each kind of finding means.
"""
