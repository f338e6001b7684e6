"""Use case "who can call whom": the world that is asked, the callers and destinations, and the places.

Belongs here: choosing a world (declared, live, left behind by a plan, from a snapshot file), selecting
services in it, and finding where a reason is declared. Never here: what decides a call (the provider's
analysis does), and how an answer is shown.
"""
