"""What a watch tells of objects."""

from __future__ import annotations

import json
from typing import Any

from kfbridge.backends.k8s.verdict import RootImage, Seen, Waiting, judge
from kfbridge.backends.k8s.watching import slim


def pod(**more: Any) -> dict[str, Any]:
    containers = [{"name": "main", "image": "python:3.11", "command": ["python3", "x" * 9000], "env": [{"name": "A"}]}]
    metadata = {"name": "p", "uid": "u", "labels": {"job-name": "j"}, "managedFields": [{"manager": "x" * 2000}]}
    spec = {"containers": containers, "volumes": [{"name": "v"}], "activeDeadlineSeconds": 3, **more}
    return {"metadata": metadata, "spec": spec, "status": {"phase": "Pending"}}


def test_what_a_step_was_given_is_left_out() -> None:
    told = slim(pod(initContainers=[{"name": "first", "image": "busybox", "args": ["y" * 9000]}]))
    assert told["spec"] == {
        "containers": [{"name": "main", "image": "python:3.11"}],
        "initContainers": [{"name": "first", "image": "busybox"}],
        "activeDeadlineSeconds": 3,
    }
    assert told["metadata"] == {"name": "p", "uid": "u", "labels": {"job-name": "j"}}
    assert len(json.dumps(told)) < 500


def test_the_object_itself_is_left_alone() -> None:
    given = pod()
    before = json.dumps(given)
    slim(given)
    assert json.dumps(given) == before


def test_a_job_is_told_without_its_template() -> None:
    job = {"metadata": {"name": "j"}, "spec": {"suspend": True, "template": {"spec": {}}}, "status": {}}
    assert slim(job) == {"metadata": {"name": "j"}, "spec": {"suspend": True}, "status": {}}


def test_an_object_without_a_spec_stays_one() -> None:
    event = {"metadata": {"name": "e", "uid": "u"}, "reason": "FailedMount", "message": "no"}
    assert slim(event) == event


def test_verdicts_are_the_same() -> None:
    state = {"waiting": {"reason": "CreateContainerConfigError", "message": "container has runAsNonRoot"}}
    root = {**pod(), "status": {"phase": "Pending", "containerStatuses": [{"name": "main", "state": state}]}}
    gated = pod(schedulingGates=[{"name": "queue"}])
    for each, kind in ((root, RootImage), (gated, Waiting)):
        whole, slender = (judge(Seen("step", "", None, one)) for one in (each, slim(each)))
        assert whole == slender
        assert isinstance(whole, kind)
