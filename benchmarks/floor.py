"""The floor under `plan`: a bare interpreter reads the same files, libyaml's events and the state as JSON.

`python -m benchmarks.floor` in the folder of a configuration.
"""

from __future__ import annotations

import json
from pathlib import Path


def main() -> None:
    import yaml

    event = yaml.CSafeLoader(Path("main.yaml").read_text()).get_event
    while event() is not None:
        pass
    state = Path("state", "state.json")
    if state.exists():
        json.loads(state.read_bytes())


if __name__ == "__main__":
    main()
