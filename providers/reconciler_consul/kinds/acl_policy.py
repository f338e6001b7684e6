"""ACL policies as a kind: compared rule by rule, and exact, because a rule more is an access more."""

from __future__ import annotations

from reconciler.sdk.kinds import Foreign, KeyedBy, Kind, Rule
from reconciler_consul.kinds.fields import SERVER, TEXT
from reconciler_consul.kinds.policy_language import parse

ACL_POLICY = Kind(
    "acl_policy",
    rank=5,  # before all that a token may need it for
    title="ACL policy",
    folds=True,
    # Repeatable: Consul refuses a second policy of the same name, and after a lost answer a look decides.
    rule=Rule(
        fields={
            "Rules": Rule(opaque=True, reads=parse),
            "Description": TEXT,
            "Datacenters": Rule(keyed=KeyedBy((), Foreign.REMOVE)),
            **dict.fromkeys(
                ("ID", "Name", "Hash", "CreateIndex", "ModifyIndex", "Namespace", "Partition"), SERVER
            ),
        }
    ),
)
