"""What is not known of clusters is said once for each reason."""

from __future__ import annotations

from reconciler.render.text.unknown import by_reason


def test_clusters_with_one_reason_share_a_line() -> None:
    silent, foreign = "it did not answer", "it is not part of this configuration"
    assert list(by_reason({"dc9": foreign, "dc1": silent, "dc8": foreign})) == [
        ("dc1", silent),
        ("dc8, dc9", foreign),
    ]


def test_many_clusters_are_counted() -> None:
    ((clusters, _),) = by_reason({f"dc{number}": "it did not answer" for number in range(9)})
    assert clusters == "dc0, dc1, dc2, dc3, dc4, dc5 and 3 more"


def test_parts_of_one_cluster_are_all_named() -> None:
    ((parts, _),) = by_reason({f"kind-{number}": "denied" for number in range(9)}, every=True)
    assert parts.count("kind-") == 9
