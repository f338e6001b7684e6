"""Use cases: one function each. Where configuration, engine, state and providers meet; prints nothing.

A use case is imported when it is first asked for: a command pays for nothing that it does not use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.app.applying import apply
    from reconciler.app.auditing import audit_list, audit_verify, revision
    from reconciler.app.commenting.posting import comment, read_text
    from reconciler.app.completing import cluster_names, holding_runs, recorded_addresses
    from reconciler.app.documents import load_document
    from reconciler.app.drifting.baseline import read_baseline
    from reconciler.app.drifting.looking import drift
    from reconciler.app.explaining import rule_texts
    from reconciler.app.guarding.approving import approvals, approve
    from reconciler.app.guarding.verifying import verify_plan
    from reconciler.app.migrating import Migrated, migrate_state
    from reconciler.app.notifying.notify import notify
    from reconciler.app.options import ApplyResult, Approval, Options, PlanResult, Validation
    from reconciler.app.outputting import Outputs, outputs
    from reconciler.app.permitting import policies
    from reconciler.app.planning.plan import plan
    from reconciler.app.planning.planfile import load_plan, save_plan
    from reconciler.app.planning.surveying import validate_online
    from reconciler.app.reaching.asking import ask
    from reconciler.app.reaching.choice import PairSelection, WorldChoice
    from reconciler.app.reaching.diagnosing import diagnose
    from reconciler.app.reaching.drawing import dependencies, draw_topology
    from reconciler.app.reaching.policies import check_policies, with_policies
    from reconciler.app.reaching.rehearsing import rehearse
    from reconciler.app.reaching.staging import stage
    from reconciler.app.reaching.taking import take_snapshot
    from reconciler.app.recorded import Found, claim_state, find_in_state, remove_from_state, show_state
    from reconciler.app.recovering import recover_state
    from reconciler.app.rotating import rotate
    from reconciler.app.starting.starting import check_new, start
    from reconciler.app.states.exchanging import pull_state, push_state
    from reconciler.app.states.keeping import restore_state, state_history
    from reconciler.app.states.locks import state_lock, unlock_state
    from reconciler.app.states.moving import move_in_state
    from reconciler.app.states.rebuilding import Rebuilt, rebuild_state
    from reconciler.app.states.verifying import verify_state
    from reconciler.app.validating import validate
    from reconciler.engine.ports import Stop

__all__ = [
    "ApplyResult",
    "Approval",
    "Found",
    "Migrated",
    "Options",
    "Outputs",
    "PairSelection",
    "PlanResult",
    "Rebuilt",
    "Stop",
    "Validation",
    "WorldChoice",
    "apply",
    "approvals",
    "approve",
    "ask",
    "audit_list",
    "audit_verify",
    "check_new",
    "check_policies",
    "claim_state",
    "cluster_names",
    "comment",
    "dependencies",
    "diagnose",
    "draw_topology",
    "drift",
    "find_in_state",
    "holding_runs",
    "load_document",
    "load_plan",
    "migrate_state",
    "move_in_state",
    "notify",
    "outputs",
    "plan",
    "policies",
    "pull_state",
    "push_state",
    "read_baseline",
    "read_text",
    "rebuild_state",
    "recorded_addresses",
    "recover_state",
    "rehearse",
    "remove_from_state",
    "restore_state",
    "revision",
    "rotate",
    "rule_texts",
    "save_plan",
    "show_state",
    "stage",
    "start",
    "state_history",
    "state_lock",
    "take_snapshot",
    "unlock_state",
    "validate",
    "validate_online",
    "verify_plan",
    "verify_state",
    "with_policies",
]

_MODULES = {
    "app.applying": ("apply",),
    "app.auditing": ("audit_list", "audit_verify", "revision"),
    "app.commenting.posting": ("comment", "read_text"),
    "app.completing": ("cluster_names", "holding_runs", "recorded_addresses"),
    "app.drifting.baseline": ("read_baseline",),
    "app.drifting.looking": ("drift",),
    "app.explaining": ("rule_texts",),
    "app.guarding.approving": ("approvals", "approve"),
    "app.guarding.verifying": ("verify_plan",),
    "app.migrating": ("Migrated", "migrate_state"),
    "app.notifying.notify": ("notify",),
    "app.options": ("ApplyResult", "Approval", "Options", "PlanResult", "Validation"),
    "app.outputting": ("Outputs", "outputs"),
    "app.permitting": ("policies",),
    "app.planning.plan": ("plan",),
    "app.documents": ("load_document",),
    "app.planning.planfile": ("load_plan", "save_plan"),
    "app.reaching.asking": ("ask",),
    "app.reaching.drawing": ("dependencies", "draw_topology"),
    "app.reaching.choice": ("PairSelection", "WorldChoice"),
    "app.reaching.diagnosing": ("diagnose",),
    "app.reaching.rehearsing": ("rehearse",),
    "app.reaching.staging": ("stage",),
    "app.reaching.policies": ("check_policies", "with_policies"),
    "app.reaching.taking": ("take_snapshot",),
    "app.planning.surveying": ("validate_online",),
    "app.recorded": ("Found", "claim_state", "find_in_state", "remove_from_state", "show_state"),
    "app.recovering": ("recover_state",),
    "app.rotating": ("rotate",),
    "app.starting.starting": ("check_new", "start"),
    "app.states.exchanging": ("pull_state", "push_state"),
    "app.states.keeping": ("restore_state", "state_history"),
    "app.states.verifying": ("verify_state",),
    "app.states.locks": ("state_lock", "unlock_state"),
    "app.states.moving": ("move_in_state",),
    "app.states.rebuilding": ("Rebuilt", "rebuild_state"),
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
