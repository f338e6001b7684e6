"""Use cases: one function each. Where configuration, engine, state and providers meet; prints nothing.

A use case is imported when it is first asked for: a command pays for nothing that it does not use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.app.applying import apply
    from reconciler.app.completing import cluster_names, recorded_addresses
    from reconciler.app.options import Applied, Options, Planned, Validation
    from reconciler.app.outputting import Outputs, outputs
    from reconciler.app.permitting import policies
    from reconciler.app.planning.plan import drift, plan
    from reconciler.app.planning.planfile import load_plan, save_plan
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
    "cluster_names",
    "drift",
    "find_in_state",
    "load_plan",
    "outputs",
    "plan",
    "policies",
    "recorded_addresses",
    "remove_from_state",
    "rotate",
    "save_plan",
    "show_state",
    "validate",
]

_MODULES = {
    "app.applying": ("apply",),
    "app.completing": ("cluster_names", "recorded_addresses"),
    "app.options": ("Applied", "Options", "Planned", "Validation"),
    "app.outputting": ("Outputs", "outputs"),
    "app.permitting": ("policies",),
    "app.planning.plan": ("drift", "plan"),
    "app.planning.planfile": ("load_plan", "save_plan"),
    "app.recorded": ("Found", "claim_state", "find_in_state", "remove_from_state", "show_state"),
    "app.rotating": ("rotate",),
    "app.validating": ("validate",),
    "engine.ports": ("Stop",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Return a name of `__all__`, imported on first use. Raises `AttributeError` for any other name."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"reconciler.{_MODULE_OF[name]}"), name)
    return found
