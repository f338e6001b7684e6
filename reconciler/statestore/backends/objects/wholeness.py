"""Whether content and ETag of an answer belong together.

Some gateways keep the two apart, and answer with the old content and the new ETag while an object is
replaced (versitygw 1.8: one read in seven beside a writer). A condition on that ETag would hold, and the
write would be made on top of something that was never read. Where ETags are MD5 digests of the content, as
those of S3 are without encryption by KMS, such an answer shows itself.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence

from reconciler.statestore.shared.ports import Document

PAUSES = (0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28)  # seconds before an object is read again
_SAME = 2  # how often an answer is to be repeated
_DIGEST = re.compile(r'"?([0-9a-f]{32})"?')


class Wholeness:
    """Learns whether ETags of this server are digests. `None`: not known yet."""

    def __init__(self) -> None:
        self._are_digests: bool | None = None

    def wrote(self, document: Document) -> None:
        """Take note of what was written, and of its version."""
        self._are_digests = _differs(document) is False

    def is_whole(self, read: Sequence[Document]) -> bool:
        """Say whether the last of these answers to the same question is of one piece.

        Where ETags may be something else than digests, the same answer three times is taken for that.
        """
        differs = _differs(read[-1])
        if differs is False:
            self._are_digests = True
        if not differs or self._are_digests is False:
            return True
        return self._are_digests is None and len(read) > _SAME and len(set(read[-_SAME - 1 :])) == 1


def _differs(document: Document) -> bool | None:
    """Say whether the ETag is another digest than that of the content; `None` where it is no digest."""
    found = _DIGEST.fullmatch(json.loads(document.version).get("e_tag") or "")
    if found is None:
        return None
    return found[1] != hashlib.md5(document.data, usedforsecurity=False).hexdigest()
