"""Rehearsals, and what a plan does to access step by step -> text, Markdown and JSON. Decides nothing."""
