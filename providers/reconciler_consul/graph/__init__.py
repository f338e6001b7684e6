"""What a Consul server looks at when a config entry is written: the other entries around it.

A pure model, in one place: no I/O, no clock, nothing of the rest of the provider but names and kinds. It says
whether a write would be taken, given what the servers hold; what could exist in between where it would
not; and whose access it changes. Its compiler of discovery chains is the one that everything here uses.

What is known and not modelled (ACLs, API gateways and their routes, peerings beyond their names) is taken
without a question.
"""

from reconciler_consul.graph.standing import Graph
from reconciler_consul.graph.where import Place, Servers

__all__ = ["Graph", "Place", "Servers"]
