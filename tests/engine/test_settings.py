"""References in a platform's settings: runners get the values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kfbridge.engine.cache import fingerprint
from kfbridge.engine.runner import TaskInvocation
from kfbridge.graph.model import Component, Container, Graph
from tests.engine.build import In, Out, dag, pipeline, step, task
from tests.engine.fake import World, scripted

MAKE = step(outputs={"name": str}, name="make")
USE = step({"own": (str, None)}, name="use")


def with_settings(graph: Graph, **settings: Any) -> Graph:
    return replace(graph, platforms={"kubernetes": {"deploymentSpec": {"executors": {"exec-use": settings}}}})


def settings_of(world: World, key: str) -> Any:
    return world.invocations[key].platforms["kubernetes"]


def constant(value: Any) -> dict[str, Any]:
    return {"runtimeValue": {"constant": value}}


def test_an_output_of_a_sibling_an_input_of_the_dag_and_a_placeholder() -> None:
    output = {"taskOutputParameter": {"producerTask": "make", "outputParameterKey": "name"}}
    inner = dag(
        task("make", MAKE),
        task("use", USE, {"own": "mine"}, after=("make",)),
        inputs={"secret": str},
    )
    graph = with_settings(
        pipeline(task("group", inner, {"secret": In("secret")}), inputs={"secret": str}),
        pvcMount=[{"mountPath": "/data", "pvcNameParameter": output, **output}],
        secretAsVolume=[{"secretNameParameter": {"componentInputParameter": "secret"}, "optional": False}],
        configMapAsVolume=[{"configMapNameParameter": constant("{{$.inputs.parameters['own']}}-map")}],
    )
    world = World(graph, scripted({"group/make": {"name": "claim"}})).run(secret="db")
    assert settings_of(world, "group/use") == {
        "pvcMount": [{"mountPath": "/data", "pvcNameParameter": constant("claim"), **constant("claim")}],
        "secretAsVolume": [{"secretNameParameter": constant("db"), "optional": False}],
        "configMapAsVolume": [{"configMapNameParameter": constant("mine-map")}],
    }


def test_the_item_of_a_loop() -> None:
    body = dag(task("use", USE), inputs={"item": str})
    reference = {"componentInputParameter": "item"}
    graph = with_settings(
        pipeline(task("loop", body, loop=["a", "b"])), secretAsEnv=[{"secretNameParameter": reference}]
    )
    world = World(graph).run()
    found = [settings_of(world, f"loop[{number}]/use")["secretAsEnv"] for number in range(2)]
    assert found == [[{"secretNameParameter": constant(name)}] for name in ("a", "b")]


def test_what_was_not_given_is_left_out() -> None:
    entry = {"secretNameParameter": {"componentInputParameter": "secret"}, "optional": True}
    graph = with_settings(pipeline(task("use", USE), inputs={"secret": (str, None)}), secretAsVolume=[entry])
    assert settings_of(World(graph).run(), "use") == {"secretAsVolume": [{"optional": True}]}


def test_a_step_on_another_volume_is_another_step_to_the_cache() -> None:
    reference = {"pvcNameParameter": {"componentInputParameter": "claim"}}
    graph = with_settings(pipeline(task("use", USE), inputs={"claim": str}), pvcMount=[reference])
    one, two, again = (fingerprint(World(graph).run(claim=name).invocations["use"]) for name in ("a", "b", "a"))
    assert one == again != two


def invocation_of(component: Component, **more: Any) -> TaskInvocation:
    return World(pipeline(task("a", component, {"pvc_name": "x"}, **more))).run().invocations["a"]


def test_volume_claims_never_come_from_the_cache() -> None:
    real = step({"pvc_name": str})
    assert isinstance(real.body, Container)
    stub = replace(real, body=replace(real.body, image="argostub/deletepvc"))
    assert invocation_of(real, cache=True).cache
    assert not invocation_of(stub, cache=True).cache


def test_the_output_of_a_task_outside_of_the_dag_is_no_sibling() -> None:
    reference = {"taskOutputParameter": {"producerTask": "make", "outputParameterKey": "name"}}
    inner = dag(task("use", USE), inputs={"x": str})
    graph = pipeline(task("make", MAKE), task("group", inner, {"x": Out("make.name")}))
    world = World(with_settings(graph, pvcMount=[{"pvcNameParameter": reference}])).run()
    assert settings_of(world, "group/use") == {"pvcMount": [{}]}


def test_what_only_has_the_name_of_a_reference_is_a_setting() -> None:
    odd = {"componentInputParameter": {"a": 1}, "taskOutputParameter": ["x"], "runtimeValue": "text"}
    graph = with_settings(pipeline(task("use", USE)), tolerations=[odd])
    assert settings_of(World(graph).run(), "use") == {"tolerations": [odd]}
