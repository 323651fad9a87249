"""``python -m kfbridge.testing``: the conformance cases by topic, and what each demands."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from kfbridge.testing.cases import CASES


def listing() -> Iterator[str]:
    """The lines of the list."""
    width = max(map(len, CASES))
    for topic, cases in groupby(CASES.values(), key=lambda case: case.topic):
        yield topic
        for case in cases:
            yield f"  {case.name:{width}}  {case.meaning}"


if __name__ == "__main__":
    print("\n".join(listing()))
