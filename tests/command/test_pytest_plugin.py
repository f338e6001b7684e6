"""The fixture consul_sandbox, as a project uses it that is not ours."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "testing.md"
PLUGIN = "reconciler.pytest_plugin"
OPTIONS = () if any(one.value == PLUGIN for one in entry_points(group="pytest11")) else ("-p", PLUGIN)
STRICT = ("-W", "error", "--strict-markers", "-p", "no:cacheprovider", "-p", "no:asyncio")

pytest_plugins = ["pytester"]


def run(pytester: pytest.Pytester, sources: Mapping[str, str]) -> None:
    """Run test files in a process of their own: one that loads the plugin as any project's does."""
    pytester.makepyfile(**{f"test_{name}": source for name, source in sources.items()})
    result = pytester.runpytest_subprocess(*OPTIONS, *STRICT)
    result.assert_outcomes(
        passed=sum(len(re.findall(r"^ *def test_", one, re.M)) for one in sources.values())
    )


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)


def test_the_examples_of_the_guide_pass(pytester: pytest.Pytester) -> None:
    found = examples()
    assert len(found) >= 3
    run(pytester, {f"example_{number}": source for number, source in enumerate(found)})


def test_the_first_example_has_ten_lines() -> None:
    assert len(examples()[0].strip().splitlines()) <= 10


FRESH = """
    import urllib.request

    def write(consul_sandbox):
        url = consul_sandbox.url("dc1") + "/v1/kv/mine?cas=0"
        with urllib.request.urlopen(urllib.request.Request(url, b"x", method="PUT")) as answer:
            return answer.read()

    def test_one(consul_sandbox):
        assert write(consul_sandbox) == b"true"
        assert write(consul_sandbox) == b"false"

    def test_another(consul_sandbox):
        assert write(consul_sandbox) == b"true"
"""
MARKED = """
    import pytest

    @pytest.mark.consul_sandbox(
        "a", "b", "c", peered=[("a", "b")], version="1.18", versions={"c": "1.22"}, acl=True
    )
    def test_clusters(consul_sandbox):
        def version(cluster):
            own = consul_sandbox.request(cluster, "GET", "/v1/agent/self").json()
            return own["Config"]["Version"]

        assert [version(one)[:4] for one in "abc"] == ["1.18", "1.18", "1.22"]
        assert consul_sandbox.token
        rows = consul_sandbox.request("b", "GET", "/v1/peerings").json()
        assert [(row["Name"], row["State"]) for row in rows] == [("a", "ACTIVE")]
        assert consul_sandbox.request("c", "GET", "/v1/peerings").json() == []
        with pytest.raises(RuntimeError, match="there is already an established peering"):
            consul_sandbox.peer("b", "a")
"""
BROKEN = """
    import pytest

    @pytest.mark.consul_sandbox(peered=True)
    def test_clusters(consul_sandbox):
        def state():
            return consul_sandbox.request("dc1", "GET", "/v1/peering/dc2").json()["State"]

        consul_sandbox.down("dc2")
        assert state() == "FAILING"
        consul_sandbox.fault("answer", cluster="dc1", path="/v1/peerings", status=429, times=None)
        assert consul_sandbox.request("dc1", "GET", "/v1/peerings").status == 429
        consul_sandbox.request("dc1", "PUT", "/v1/kv/a", "b")
        consul_sandbox.reset()
        assert state() == "ACTIVE"
        assert consul_sandbox.request("dc1", "GET", "/v1/peerings").status == 200
        assert consul_sandbox.request("dc1", "GET", "/v1/kv/a").status == 404
        consul_sandbox.cut("dc1", "dc2")
        assert state() == "FAILING"
"""


def test_clusters_are_fresh_as_marked_and_can_be_broken(pytester: pytest.Pytester) -> None:
    run(pytester, {"fresh": FRESH, "marked": MARKED, "broken": BROKEN})


def test_the_plugin_imports_nothing_until_it_is_used() -> None:
    code = (
        "import sys, reconciler.pytest_plugin\n"
        "print([name for name in sys.modules if name.startswith('reconciler.') and 'plugin' not in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
