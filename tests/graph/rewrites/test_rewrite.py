"""The form that rewrites share: origins lead back through any number of rewrites."""

from __future__ import annotations

import pytest

from kfbridge.findings import Finding, Level
from kfbridge.graph.rewrites import Origin, Rewritten, apply, task_paths
from kfbridge.spec.read import Document, from_data


def document(**dags: list[str]) -> Document:
    """Components by name with the components of their tasks; ``leaf`` is a step; a task has its component's name."""

    def dag(tasks: list[str]) -> dict[str, object]:
        return {"dag": {"tasks": {name: {"componentRef": {"name": name}} for name in tasks}}}

    return from_data(
        [
            {
                "pipelineInfo": {"name": "p"},
                "root": dag(dags.pop("root")),
                "components": {**{name: dag(tasks) for name, tasks in dags.items()}, "leaf": {"executorLabel": "e"}},
                "deploymentSpec": {"executors": {"e": {"container": {"image": "i"}}}},
            }
        ]
    )


def test_every_task_has_a_path_groups_before_what_is_in_them() -> None:
    nested = document(root=["outer", "leaf"], outer=["inner"], inner=["leaf"])
    assert list(task_paths(nested)) == ["outer", "outer/inner", "outer/inner/leaf", "leaf"]


def test_without_a_rewrite_every_task_stands_for_itself() -> None:
    done = apply(document(root=["outer"], outer=["leaf"]), [])
    assert done.origins == {"outer": Origin("outer", (None,)), "outer/leaf": Origin("outer/leaf", (None, None))}
    assert done.origin_key("outer[3]/leaf") == "outer[3]/leaf"
    assert done.origin_key("made-up") is None


def test_origins_lead_back_through_several_rewrites() -> None:
    user = document(root=["outer"], outer=["inner"], inner=["leaf"])
    unrolled = Rewritten(
        user,
        (Finding("f", "outer/inner", Level.REFUSED, "because"),),
        {
            "outer": Origin("outer", (None,)),
            "outer/inner-1": Origin("outer/inner", (None, 1)),
            "outer/inner-1/leaf": Origin("outer/inner/leaf", (None, 1, None)),
        },  # and outer/lane, which the rewrite made up
    )
    inlined = Rewritten(
        user,
        (Finding("g", "outer/inner-1/leaf", Level.REFUSED, "because"), Finding("h", "", Level.REFUSED, "because")),
        {
            "outer": Origin("outer", (None,)),
            "outer/inner-1-leaf": Origin("outer/inner-1/leaf", (None, None, None)),
            "outer/lane": Origin("outer/lane", (None, None)),
        },
    )
    done = apply(user, [lambda _: unrolled, lambda _: inlined])
    assert done.origins == {
        "outer": Origin("outer", (None,)),
        "outer/inner-1-leaf": Origin("outer/inner/leaf", (None, 1, None)),
    }
    assert done.origin_key("outer[7]/inner-1-leaf") == "outer[7]/inner[1]/leaf"
    assert done.origin_key("outer[7]/lane") is None
    assert [(finding.feature, finding.task) for finding in done.findings] == [
        ("f", "outer/inner"),
        ("g", "outer/inner/leaf"),
        ("h", ""),
    ]


@pytest.mark.parametrize(
    ("origin", "key"),
    [(Origin("a", (None,)), "a"), (Origin("a/b", (0, None)), "a[0]/b"), (Origin("a/b/c", (1, None, 2)), "a[1]/b/c[2]")],
)
def test_a_key_has_the_iterations_that_are_known(origin: Origin, key: str) -> None:
    assert origin.key == key
