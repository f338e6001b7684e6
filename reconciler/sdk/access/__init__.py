"""What a provider offers besides where services call each other: to say who can call whom, and why.

General words only (caller, destination, decision, step, reason); what decides a call is the provider's to
know. Pure values and protocols; no I/O.
"""
