"""Recording what a run on this machine did and could not record."""

from __future__ import annotations

from reconciler.app.options import Options
from reconciler.app.workspace.configuring import store
from reconciler.config.operating.reading import load_operator
from reconciler.model.failure import Cause, Failure
from reconciler.statestore.shared.merging import Merged
from reconciler.statestore.shared.store import SharedStore


async def recover_state(options: Options) -> Merged:
    """Record what earlier runs here left in files; gives the files and what was passed over, because another
    run recorded it since. Raises `Failure`.
    """
    place = store(options, load_operator(options.root).state)
    if not isinstance(place, SharedStore):
        raise Failure(
            Cause.USAGE,
            f"the state is in the directory {place.place}: what a run did there is in its journal",
            hint="The next `reconciler apply` goes on from it.",
        )
    return await place.recover("state recover")
