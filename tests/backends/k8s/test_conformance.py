"""Every conformance case on a real cluster, as Jobs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from kfbridge.backends.base import Target
from kfbridge.testing import CASES, BackendConformance, Case, Gap, never
from tests.backends.k8s.room import Bucket, Room

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


GAPS: Mapping[str, Gap] = {
    "ways_to_fail": never("The first process of a container cannot kill itself: Linux ignores a SIGKILL from inside."),
}


def settings_of(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a case needs of its target.

    Those that are about the cache have a root of their own, the others share one, and so a door. The claim of a
    workspace belongs to root in the test cluster, whose hostPath volumes know no fsGroup.
    """
    case: Case = request.node.callspec.params["case"]
    shared = {} if case.topic == "caching" else {"folder": "cases", "cache": False}
    return {**shared, **({"pod_security": "baseline"} if case.topic == "workspaces" else {})}


class TestOnClaim(BackendConformance):
    """The artifact root is on a volume claim, which every pod mounts."""

    gaps: ClassVar[Mapping[str, Gap]] = GAPS

    @pytest.fixture
    def target(self, room: Room, tmp_path: Path, request: pytest.FixtureRequest) -> Target:
        return room.target(tmp_path, **settings_of(request))

    @pytest.fixture
    def scratch(self, room: Room, target: Target) -> str:
        return room.scratch(target, f"scratch/{uuid.uuid4().hex[:8]}")


@pytest.mark.storage
class TestOnBucket(BackendConformance):
    """The artifact root is in a bucket: data are copied in before each step, and out after it."""

    gaps: ClassVar[Mapping[str, Gap]] = GAPS
    cases: ClassVar[Mapping[str, Case]] = {name: case for name, case in CASES.items() if not case.uses_scratch}

    @pytest.fixture
    def target(self, bucket_room: Bucket, tmp_path: Path, request: pytest.FixtureRequest) -> Target:
        return bucket_room.target(tmp_path, **settings_of(request))
