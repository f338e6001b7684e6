"""Configuration: YAML text -> `DesiredState`, with every problem and its place. Contacts no cluster."""
