"""Pictures: the topology of clusters as DOT, Mermaid, SVG and a page; dependencies as DOT and Mermaid.

Belongs here: positions, shapes and colours. Never here: which clusters, peerings and dependencies there are.
Imported by `cli`.
"""
