"""The life of peerings, and what happens when clusters or answers are lost in between."""
