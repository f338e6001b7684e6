"""What would allow a request: remedies one behind the other, until the analysis says that it is answered."""

from __future__ import annotations

from reconciler.app.reaching.world import Part
from reconciler.model.access import Allowing
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.access.answer import Answer, Decision, Origin
from reconciler.sdk.access.remedy import Remedies, Remedy

_MOST = 4  # remedies that one request may need: a peering, an export, an intention, and one to spare
_REFUSED = (Decision.DENIED, Decision.UNREACHABLE)


def allowing(part: Part, answer: Answer) -> Allowing | None:
    """Return what to declare so that this request is answered; `None` where nothing is known that does it.

    Each remedy is tried on a copy of the world: what is returned was seen to work there.
    """
    provider, world, taken = part.provider, part.world, list[Remedy]()
    if answer.decision not in _REFUSED or not isinstance(provider, Remedies):
        return None
    while answer.decision is not Decision.ALLOWED:
        with plugin_call(type(provider).__name__, "remedy"):
            found = provider.remedy(world, answer) if len(taken) < _MOST else None
            if found is None:
                return None
            taken.append(found)
            world = provider.changed(world, found.bodies)
            answer = provider.analysis(world).answer(answer.question)
    return Allowing(tuple(one.section for one in taken), _replaced(taken))


def _replaced(taken: list[Remedy]) -> tuple[Origin, ...]:
    return tuple(one.instead_of for one in taken if one.instead_of is not None)
