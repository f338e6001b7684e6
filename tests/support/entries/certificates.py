"""A certificate for the moment: made by openssl where it is installed, kept nowhere."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.entries.corpus import Sample


def inline_certificate(folder: Path) -> Sample:
    """An inline-certificate entry with a self-signed certificate. Skips the test without openssl."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on PATH to make a certificate with")
    cert, key = folder / "cert.pem", folder / "key.pem"
    made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    made += ["-subj", "/CN=example.com", "-out", str(cert), "-keyout", str(key)]
    subprocess.run(made, check=True, capture_output=True)
    entry: dict[str, Any] = {
        "Kind": "inline-certificate",
        "Name": "ic-throwaway",
        "Certificate": cert.read_text(),
        "PrivateKey": key.read_text(),
        "Meta": {"n": 1},
    }
    return Sample("ic-throwaway", entry, min_version="1.15")
