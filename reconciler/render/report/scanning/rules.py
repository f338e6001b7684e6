"""The rules of findings: what each means, why it is one and what to do."""

from __future__ import annotations

from reconciler.model.block import BlockKind
from reconciler.sdk.dataclass import dataclass

HOME = "urn:consul-reconciler"
"""The name of this program as a URI: what helps is in the report itself, and no page has to be reached."""


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule. `title` is a short sentence, `text` says more; both are plain text, `fix` is what to do."""

    id: str
    title: str
    text: str
    fix: str


_TEXTS = {
    "drift-changed": (
        "A managed field was changed by hand",
        "The live value is neither the one that was recorded at the last apply nor the declared one.",
        "Run reconciler apply to set it back, or change the configuration to keep it.",
    ),
    "drift-removed": (
        "A managed object was deleted by hand",
        "The object was recorded at the last apply, and no longer exists.",
        "Run reconciler apply to create it again, or remove its declaration.",
    ),
    "drift-unmanaged-addition": (
        "Something was added by hand to a managed object",
        "The object that is managed has parts that are not declared, such as a source of an intention.",
        "Declare the addition, or remove it from the cluster.",
    ),
    "drift-unmanaged-object": (
        "An object beside the managed ones is not managed",
        "The cluster has an object of a managed type that the configuration does not declare.",
        "Declare it, remove it from the cluster, or leave it out with a rule under ignore.",
    ),
    "drift-unhealthy": (
        "A managed object exists and does not work",
        "Nothing is to be written about it: a link is down, or its token was lost.",
        "Run reconciler doctor for the cause.",
    ),
    "drift-not-effective": (
        "What is declared has no effect",
        "The object is as declared, and the servers do not act on it.",
        "Run reconciler doctor for the cause.",
    ),
    "drift-undecided": (
        "Whether something drifted cannot be decided",
        "A part of the clusters could not be read.",
        "Resolve why, and run it again.",
    ),
    "undecided": (
        "A resource is not decided",
        "It, or something that it depends on, could not be read. It is left alone.",
        "Resolve why, and plan again.",
    ),
    "unreachable": (
        "A cluster did not answer",
        "Nothing is known of its resources. Other clusters are not affected.",
        "Check that the cluster runs, its address, and the token.",
    ),
    "policy-broken": (
        "A policy is broken",
        "A path that a policy denies is open after the plan, or one that it requires is closed.",
        "Change the configuration so that the policy holds, or change the policy.",
    ),
    "policy-undecided": (
        "A policy cannot be decided",
        "Not everything that decides about a path is known.",
        "Resolve what is not known, and plan again.",
    ),
    "safety-limit": (
        "A safety check blocks the plan",
        "The plan exceeds a limit of reconciler.yaml, or changes are frozen.",
        "See whether the plan is meant. The message names the option that allows it once.",
    ),
    "plan-stale": (
        "A saved plan is stale",
        "What it was made on has changed since, so that it is not what would be done now.",
        "Create a new plan, have it reviewed, and apply that one.",
    ),
    "plan-not-verified": (
        "Whether a saved plan is stale is not known",
        "Something that it was made on cannot be read now.",
        "Resolve why, and verify it again.",
    ),
    "apply-failed": (
        "A step of an apply failed",
        "The server refused it, or did not answer.",
        "See the message; run the same command again after fixing it.",
    ),
    "apply-unconfirmed": (
        "What was written is not there",
        "When it was read back, the object was not as it was written.",
        "Run the same command again: it writes what is different by then.",
    ),
    "apply-skipped": (
        "A step of an apply was not tried",
        "It depends on a step that failed, or it is blocked.",
        "Fix what it depends on, and run the same command again.",
    ),
}
_BLOCKED = {
    BlockKind.PROTECTED: "The configuration protects the object, and the action would destroy it.",
    BlockKind.FAILED_CHECK: "These servers do not take what is declared.",
    BlockKind.NO_PERMISSION: "The token does not allow it.",
    BlockKind.WOULD_BE_REFUSED: "The servers would refuse it, because of what else they hold.",
    BlockKind.WOULD_BREAK: "Something that works now would be broken after it.",
    BlockKind.TAKE_DOWN: "Something would be taken down for a while, which take_down does not allow.",
    BlockKind.NOT_SELECTED: "It needs something that --target or --exclude leaves out.",
    BlockKind.CONFLICT: "Something that is not managed here has its place.",
    BlockKind.OTHER_OWNER: "The object belongs to another configuration.",
    BlockKind.NOT_READY: "The object is missing or does not work, and the action needs one that works.",
    BlockKind.NOT_UNDOABLE: "What the state recorded at that time is not enough to go back to it.",
    BlockKind.POLICY: "A policy of the configuration forbids what it does to access.",
    BlockKind.OVER_LIMIT: "The plan destroys or changes more than a limit of reconciler.yaml allows.",
    BlockKind.DEPENDENCY: "It depends on something that is blocked.",
}


def rule_text(rule_id: str) -> RuleText:
    """Return the texts of a rule: of the catalogue, a kind of drift, a blocked action; else general ones."""
    if rule_id in _TEXTS:
        return RuleText(rule_id, *_TEXTS[rule_id])
    if rule_id.startswith("blocked-"):
        return _blocked(rule_id)
    from reconciler.config.rules.catalogue.record import find

    found = find(rule_id)
    if found is None:
        return RuleText(
            rule_id, rule_id.replace("-", " "), "The run ended with this error.", "See the message."
        )
    return RuleText(rule_id, found.title, f"{found.what}\n\n{found.why}", found.fix)


def _blocked(rule_id: str) -> RuleText:
    word = rule_id.removeprefix("blocked-")
    kinds = {kind.value.replace("_", "-"): text for kind, text in _BLOCKED.items()}
    text = kinds.get(word, "A safety check blocks it.")
    fix = "Resolve what blocks it, and plan again. The rest of the plan can be applied."
    return RuleText(rule_id, f"An action is blocked: {word.replace('-', ' ')}", text, fix)
