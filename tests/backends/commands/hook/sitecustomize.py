"""Loaded by a run of the command whose state is a directory: strikes it at one of its calls on files.

`STRIKE`: the number of the call (from 1), the signal, whether after it (1) or before (0), and a file to
create when it strikes. `FILE.calls` has how many there were, where the run ends by itself.
"""

import atexit
import itertools
import os
from typing import Any

from reconciler.statestore.local.files import Files

_CALLS = ("mkdir", "write", "truncate", "fsync", "close", "replace", "unlink", "lock")
_number, _signal, _after, _mark = os.environ.get("STRIKE", "0 9 0 x").split(maxsplit=3)
_seen = itertools.count(1)
_last = [0]


def _strike() -> None:
    with open(_mark, "w"):
        pass
    os.kill(os.getpid(), int(_signal))


def _struck(call: Any) -> Any:
    def counted(*arguments: Any) -> Any:
        _last[0] = next(_seen)
        now = _last[0] == int(_number)
        if now and _after == "0":
            _strike()
        result = call(*arguments)
        if now and _after == "1":
            _strike()
        return result

    return counted


for _name in _CALLS:
    setattr(Files, _name, _struck(getattr(Files, _name)))


@atexit.register
def _say_how_many() -> None:
    with open(f"{_mark}.calls", "w") as file:
        file.write(str(_last[0]))
