"""Logs of jobs on GitHub: names and messages of others are never commands there."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.command.lab import CommandLab, Ended
from tests.support.command.receiver import receiver
from tests.support.command.servers import Sandbox
from tests.support.command.workflow import commands

OURS = re.compile(
    r"::group::(Plan|Apply)|::endgroup::|::(error|warning|notice) [^:]*title=reconciler [^:]+::.*"
)
EVIL = "##[error]x\\n::set-output name=a::b\\r  ::add-mask::dc1 %0A::error::y"
BODY = f"""
peerings: [{{between: [dc1, dc2]}}]
config_entries:
  dc1:
    - {{Kind: service-defaults, Name: api, Protocol: http, Meta: {{note: "{EVIL}"}}}}
"""


@pytest.fixture
def job(lab: CommandLab) -> CommandLab:
    """A configuration with hostile values, in a job on GitHub."""
    lab.declare(BODY)
    lab.environ |= {"GITHUB_ACTIONS": "true"}
    return lab


def foreign(ended: Ended) -> list[str]:
    """Return the commands that are not ours."""
    return [one for one in commands(ended.out) + commands(ended.err) if not OURS.fullmatch(one)]


@pytest.mark.long
@pytest.mark.parametrize("printed", ["text", "github", "markdown", "html", "junit", "json"])
def test_no_value_of_an_object_is_a_command(job: CommandLab, printed: str) -> None:
    for words in (
        ["plan"],
        ["validate"],
        ["apply", "--auto-approve"],
        ["drift"],
        ["apply", "--auto-approve"],
    ):
        ended = job.run(*words, "--format", printed).expect(0)
        assert foreign(ended) == [], words
        if printed == "json":
            assert [json.loads(line) for line in ended.out.splitlines()]


def test_no_message_of_a_server_is_a_command(job: CommandLab, clusters: Sandbox) -> None:
    said = "no\n::set-output name=a::b ##[error]x\r::error::z"
    clusters.fault("dc1", "answer", method="PUT", path="/v1/config", status=400, body=said, times=None)
    ended = job.run("apply", "--auto-approve", "--format", "github").expect(3, "set-output")
    assert foreign(ended) == []
    clusters.fault("dc2", "answer", method="GET", status=403, body=said, times=None)
    for words in (["plan"], ["drift"], ["apply", "--auto-approve"]):
        ended = job.run(*words, "--format", "github")
        assert "set-output" in ended.text
        assert foreign(ended) == [], words


@pytest.mark.long
def test_nothing_that_is_said_beside_is_a_command(job: CommandLab) -> None:
    said = EVIL.replace("\\n", "\n").replace("\\r", "\r")
    with receiver(500) as one:
        job.write(json.dumps({"notify": [{"url": one.url}]}), "reconciler.yaml")
        assert foreign(job.run("apply", "--auto-approve", "--format", "github")) == []
    (job.folder / "reconciler.yaml").unlink()
    for words in (
        ["plan", f"--{said}"],
        [said],
        ["apply", said],
        ["plan", "--target", said, "--format", "github"],
        ["plan", "--format", said],
        ["apply", "--confirm", said, "--format", "github"],
        ["apply", "--break-freeze", said, "--auto-approve", "--format", "github"],
        ["plan", "--format", "html", "--output", f"no/{said}"],
        ["plan", "--var", said],
        ["report", said],
        ["state", "show", said],
    ):
        assert foreign(job.run(*words)) == [], words
    job.write('"##[error]x\\n::error::y": 1\n? [a]\n: ##[command]\n')
    for command in ("plan", "validate", "drift", "apply"):
        ended = job.run(command, "--format", "github").expect(1)
        assert foreign(ended) == [], command
