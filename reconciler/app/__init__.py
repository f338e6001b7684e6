"""Use cases: one function each. Where configuration, engine, state and providers meet; prints nothing."""

from reconciler.app.applying import apply
from reconciler.app.options import Applied, Options, Planned, Validation
from reconciler.app.outputs import Outputs, outputs
from reconciler.app.planning.plan import drift, plan
from reconciler.app.planning.planfile import load_plan, save_plan
from reconciler.app.policies import policies
from reconciler.app.recorded import Found, claim_state, find_in_state, remove_from_state, show_state
from reconciler.app.rotating import rotate
from reconciler.app.validating import validate
from reconciler.engine.ports import Stop

__all__ = [
    "Applied",
    "Found",
    "Options",
    "Outputs",
    "Planned",
    "Stop",
    "Validation",
    "apply",
    "claim_state",
    "drift",
    "find_in_state",
    "load_plan",
    "outputs",
    "plan",
    "policies",
    "remove_from_state",
    "rotate",
    "save_plan",
    "show_state",
    "validate",
]
