"""What each kind is: the rules of its fields, its names, its policy language. Pure, no HTTP.

A new kind starts here. Never here: what a version offers (`server`). May be imported by every other
room.
"""
