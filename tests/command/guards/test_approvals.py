"""Four eyes: plans that are signed with SSH keys, and what each signature is worth."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.command.lab import CONFIGURATION, CommandLab
from tests.support.command.servers import Sandbox
from tests.support.patience import wait_for

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen on PATH")

NAMES = ("anna", "ben", "eve")


def keygen(*arguments: str, cwd: Path, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["ssh-keygen", *arguments], cwd=cwd, input=text, capture_output=True, text=True, check=False
    )


def public(lab: CommandLab, name: str) -> str:
    return (lab.folder / f"{name}.pub").read_text().strip()


@pytest.fixture
def signed(lab: CommandLab) -> CommandLab:
    """A saved plan that takes two approvals, of anna and ben; eve has a key, too."""
    for name in NAMES:
        keygen("-q", "-t", "ed25519", "-N", "", "-C", name, "-f", name, cwd=lab.folder)
    signers = "".join(f'\n    - {{name: {name}, key: "{public(lab, name)}"}}' for name in NAMES[:2])
    lab.write(f"approvals:\n  required: 2\n  signers:{signers}\n", "reconciler.yaml")
    lab.run("plan", "-out", "p.plan").expect(0)
    return lab


def test_a_plan_is_applied_once_enough_signed_it(signed: CommandLab, clusters: Sandbox) -> None:
    signed.run("apply", "p.plan").expect(4, "p.plan has 0 of 2 approvals that are required")
    signed.run("approve", "p.plan", "--key", "anna").expect(0, "Signed by anna", "Approvals: 1 of 2")
    signed.run("apply", "p.plan").expect(4, "1 of 2", "approved by anna")
    signed.run("approve", "--list", "p.plan").expect(4, "Approvals: 1 of 2: anna (SHA256:")
    assert clusters.writes == []
    signed.run("approve", "p.plan", "--key", "ben").expect(0, "Approvals: 2 of 2")
    value = signed.run("approve", "--list", "p.plan", "--json").expect(0).value()
    assert [item["name"] for item in value["given"]] == ["anna", "ben"]
    assert value["enough"]
    signed.run("show", "p.plan").expect(0, "Approvals: 2 of 2")
    signed.run("apply", "p.plan").expect(0, "Apply complete!")
    (entry,) = signed.run("audit", "list", "--json").expect(0).value()["entries"]
    assert [item["name"] for item in entry["approvals"]] == ["anna", "ben"]


def test_ssh_keygen_verifies_a_signature_without_this_tool(signed: CommandLab) -> None:
    signed.run("approve", "p.plan", "--key", "anna").expect(0)
    text = (signed.folder / "p.plan.statement").read_text()
    signed.write(f"anna {public(signed, 'anna')}\n", "allowed_signers")
    arguments = ["-Y", "verify", "-f", "allowed_signers", "-I", "anna", "-n", "reconciler-plan"]
    done = keygen(*arguments, "-s", "p.plan.anna.sig", cwd=signed.folder, text=text)
    assert 'Good "reconciler-plan" signature for anna' in done.stdout
    assert signed.run("show", "p.plan").out.split("Fingerprint: ")[1][:14] in text
    other = keygen(
        *arguments, "-s", "p.plan.anna.sig", cwd=signed.folder, text=text.replace("serial: 0", "serial: 1")
    )
    assert other.returncode


def test_a_signature_of_another_plan_is_worth_nothing(signed: CommandLab, clusters: Sandbox) -> None:
    for name in NAMES[:2]:
        signed.run("approve", "p.plan", "--key", name).expect(0)
    signed.declare(CONFIGURATION.replace("Protocol: http", "Protocol: grpc"))
    signed.run("plan", "-out", "q.plan").expect(0)
    for name in NAMES[:2]:
        shutil.copy(signed.folder / f"p.plan.{name}.sig", signed.folder / f"q.plan.{name}.sig")
    shutil.copy(signed.folder / "p.plan.statement", signed.folder / "q.plan.statement")
    signed.run("apply", "q.plan").expect(
        4, "0 of 2", "q.plan.anna.sig counts for nothing: it is not of this plan, or was changed"
    )
    assert clusters.writes == []


def test_one_key_counts_once(signed: CommandLab) -> None:
    signed.run("approve", "p.plan", "--key", "anna").expect(0)
    shutil.copy(signed.folder / "p.plan.anna.sig", signed.folder / "p.plan.ben.sig")
    signed.run("apply", "p.plan").expect(4, "1 of 2", "p.plan.anna.sig is of the same key")


def test_two_keys_of_one_signer_count_once(signed: CommandLab) -> None:
    lines = "".join(f"{name} {public(signed, key)}\n" for name, key in (("anna", "anna"), ("anna", "ben")))
    signed.write(lines, "allowed_signers")
    signed.write("approvals: {required: 2, signers_file: allowed_signers}\n", "reconciler.yaml")
    signed.run("approve", "p.plan", "--key", "anna").expect(0)
    (signed.folder / "p.plan.anna.sig").rename(signed.folder / "p.plan.first.sig")
    signed.run("approve", "p.plan", "--key", "ben").expect(0, "Approvals: 1 of 2", "of the same signer, anna")


def test_an_unknown_key_a_wrong_namespace_and_a_broken_file_are_named(signed: CommandLab) -> None:
    signed.run("approve", "p.plan", "--key", "eve").expect(1, "the key SHA256:", "is of no signer")
    assert not (signed.folder / "p.plan.eve.sig").exists()
    signed.run("approve", "p.plan", "--key", "anna").expect(0)
    text = (signed.folder / "p.plan.statement").read_text()
    for key, namespace in (("eve", "reconciler-plan"), ("ben", "file")):
        done = keygen("-Y", "sign", "-n", namespace, "-f", key, cwd=signed.folder, text=text)
        signed.write(done.stdout, f"p.plan.{key}.sig")
    signed.write("hello\n", "p.plan.zoe.sig")
    signed.run("apply", "p.plan").expect(
        4,
        "1 of 2",
        "p.plan.eve.sig counts for nothing: the key SHA256:",
        'p.plan.ben.sig counts for nothing: it was made for "file", not for reconciler-plan',
        "p.plan.zoe.sig counts for nothing: it is no SSH signature",
    )


def test_an_expired_key_is_named(signed: CommandLab) -> None:
    signed.write(f'anna valid-before="20200101" {public(signed, "anna")}\n', "allowed_signers")
    signed.write("approvals: {required: 1, signers_file: allowed_signers}\n", "reconciler.yaml")
    signed.run("approve", "p.plan", "--key", "anna").expect(1, "has expired")


def test_a_changed_signature_is_worth_nothing(signed: CommandLab) -> None:
    signed.run("approve", "p.plan", "--key", "anna").expect(0)
    path = signed.folder / "p.plan.anna.sig"
    lines = path.read_text().splitlines()
    lines[-2] = lines[-2][:-8] + ("A" if lines[-2][-8] != "A" else "B") + lines[-2][-7:]
    path.write_text("\n".join(lines) + "\n")
    signed.run("approve", "--list", "p.plan").expect(
        4, "Approvals: 0 of 2", "p.plan.anna.sig counts for nothing"
    )


def test_without_a_saved_plan_nothing_is_applied(signed: CommandLab, clusters: Sandbox) -> None:
    for command in (("apply",), ("destroy",), ("apply", "--refresh-only")):
        signed.run(*command, "--auto-approve").expect(4, "only a saved plan can be approved")
    assert clusters.writes == []


def test_the_option_asks_for_more_and_never_for_less(signed: CommandLab) -> None:
    signed.run("approve", "p.plan", "--key", "anna").expect(0)
    signed.run("apply", "p.plan", "--require-approvals", "1").expect(4, "1 of 2")
    signed.run("apply", "p.plan", "--require-approvals", "3").expect(4, "1 of 3")
    signers = f'[{{name: anna, key: "{public(signed, "anna")}"}}]'
    signed.write(f"approvals: {{signers: {signers}}}\n", "reconciler.yaml")
    signed.run("apply", "p.plan", "--require-approvals", "1").expect(0)


def test_signers_have_to_be_named(signed: CommandLab) -> None:
    signed.write("parallelism: 4\n", "reconciler.yaml")
    signed.run("approve", "p.plan", "--key", "anna").expect(1, "no signer is named in reconciler.yaml")
    signed.run("apply", "p.plan", "--require-approvals", "1").expect(1, "no signer is named")


def test_a_plan_is_approved_that_was_looked_at(signed: CommandLab) -> None:
    signed.run("approve", "p.plan", "--key", "anna", "--expect-fingerprint", "0000-0000-0000").expect(
        4, "was expected"
    )
    assert not (signed.folder / "p.plan.anna.sig").exists()


def test_without_ssh_keygen_it_says_so(signed: CommandLab) -> None:
    signed.run("approve", "p.plan", "--key", "anna").expect(0)
    signed.environ["PATH"] = str(signed.folder)
    signed.run("approve", "p.plan", "--key", "ben").expect(1, "need ssh-keygen, which is not installed")
    signed.run("apply", "p.plan").expect(1, "need ssh-keygen, which is not installed")
    signed.run("show", "p.plan").expect(0, "Approvals: not known: approvals need ssh-keygen")


def test_a_key_in_the_agent_signs(signed: CommandLab) -> None:
    if shutil.which("ssh-agent") is None:
        pytest.skip("no ssh-agent on PATH")
    socket = signed.folder / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    try:
        wait_for(socket.exists, "the agent has no socket")
        signed.environ["SSH_AUTH_SOCK"] = str(socket)
        signed.run("approve", "p.plan").expect(1, "ssh-agent has no key of a signer")
        for name in ("eve", "anna"):
            subprocess.run(["ssh-add", "-q", name], cwd=signed.folder, env=signed.environment(), check=True)
        (signed.folder / "anna").unlink()
        signed.run("approve", "p.plan").expect(0, "Signed by anna")
    finally:
        agent.terminate()
        agent.wait()
