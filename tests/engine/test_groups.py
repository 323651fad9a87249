"""Conditions, OneOf, exit handlers: which tasks run."""

from __future__ import annotations

from kfbridge.engine.events import Outputs
from kfbridge.graph.model import MISSING
from tests.engine.build import In, Out, Status, dag, pipeline, port, step, task
from tests.engine.fake import World, scripted

FLIP = step(outputs={"side": str})
SAY = step({"text": str}, {"said": str})
TAIL = step({"text": (str, "nothing")}, {"said": str})
HEADS = "inputs.parameter_values['side'] == 'heads'"


def flip(side: str, *more: object) -> World:
    branch = dag(task("say", SAY, {"text": In("side")}), inputs={"side": str}, outputs={"said": "say.said"})
    graph = pipeline(
        task("flip", FLIP),
        task("condition", branch, {"side": Out("flip.side")}, condition=HEADS),
        task("needs", SAY, {"text": Out("condition.said")}),
        task("can-do-without", TAIL, {"text": Out("condition.said")}),
        task("after", step(), after=("condition",)),
    )
    return World(graph, scripted({"flip": {"side": side}})).run()


def test_a_true_condition_lets_its_dag_run() -> None:
    world = flip("heads")
    assert set(world.states().values()) == {"succeeded"}
    assert world.given("can-do-without") == {"text": "condition/say"}


def test_a_false_condition_skips_its_dag_and_what_needs_its_outputs() -> None:
    world = flip("tails")
    assert world.states() == {
        "flip": "succeeded",
        "condition": "skipped",
        "needs": "skipped",
        "can-do-without": "succeeded",
        "after": "succeeded",
    }
    assert world.ended == "succeeded"
    assert world.reason("condition").startswith("its condition is false: inputs.parameter_values")
    assert world.reason("needs") == "its input 'text' needs 'said' of condition, which was skipped"
    assert world.given("can-do-without") == {"text": "nothing"}


def test_a_condition_that_cannot_be_evaluated_fails_the_task() -> None:
    graph = pipeline(
        task("flip", FLIP),
        task(
            "t", step({"side": str}), {"side": Out("flip.side")}, condition="int(inputs.parameter_values['side']) > 1"
        ),
    )
    world = World(graph, scripted({"flip": {"side": "heads"}})).run()
    assert world.ended == "failed"
    assert world.states()["t"] == "failed"
    assert "heads" in world.reason("t")


def test_oneof_takes_the_branch_that_ran() -> None:
    branch = dag(task("say", SAY, {"text": In("side")}), inputs={"side": str}, outputs={"said": "say.said"})
    branches = dag(
        task("heads", branch, {"side": In("side")}, condition=HEADS),
        task("tails", branch, {"side": In("side")}, condition=f"!({HEADS})"),
        inputs={"side": str},
        outputs={"said": ["heads.said", "tails.said"]},
    )
    graph = pipeline(
        task("flip", FLIP),
        task("branches", branches, {"side": Out("flip.side")}),
        task("end", SAY, {"text": Out("branches.said")}),
    )
    for side in ("heads", "tails"):
        world = World(graph, scripted({"flip": {"side": side}})).run()
        assert world.given("end") == {"text": f"branches/{side}/say"}


def test_of_several_that_ran_oneof_takes_the_first() -> None:
    both = dag(task("a", FLIP), task("b", FLIP), outputs={"side": ["a.side", "b.side"]})
    graph = pipeline(task("both", both), task("end", SAY, {"text": Out("both.side")}))
    assert World(graph).run().given("end") == {"text": "both/a"}


def test_oneof_takes_the_artifact_of_the_branch_that_ran() -> None:
    make = step(artifacts_out={"model": "system.Model"})
    branches = dag(
        task("a", make, condition="1 == 2"),
        task("b", make, condition="1 == 1"),
        artifacts_out={"model": ["a.model", "b.model"]},
    )
    use = step(artifacts_in={"model": "system.Model"})
    world = World(pipeline(task("either", branches), task("use", use, artifacts={"model": Out("either.model")}))).run()
    assert [one.uri for one in world.invocations["use"].artifacts["model"]] == ["/either/b/model"]


def exit_handler(script: dict[str, object], **options: object) -> World:
    body = dag(task("a", FLIP), task("b", SAY, {"text": Out("a.side")}))
    status = port(dict)
    graph = pipeline(
        task("handler", body),
        task("exit", step({"status": status}), {"status": Status("handler")}, always=True),
        task("later", step(), after=("handler",)),
    )
    return World(graph, scripted(script), **options).run()


def test_an_exit_task_runs_after_success_and_is_told_so() -> None:
    world = exit_handler({})
    assert world.ended == "succeeded"
    assert world.given("exit")["status"] == {
        "state": "SUCCEEDED",
        "pipelineJobResourceName": "run-1",
        "pipelineTaskName": "handler",
    }


def test_an_exit_task_runs_after_a_failure_and_is_told_why() -> None:
    for options in ({}, {"failure_policy": "fast"}):
        world = exit_handler({"a": "it broke"}, **options)
        assert world.ended == "failed"
        assert world.states()["exit"] == "succeeded"
        assert world.states()["later"] == "skipped"
        status = world.given("exit")["status"]
        assert status["state"] == "FAILED"
        assert status["error"] == {"code": 13, "message": "handler/a: it broke"}


def test_with_the_fast_policy_all_of_an_exit_dag_still_runs() -> None:
    cleanup = dag(task("one", step()), task("two", step(), after=("one",)))
    graph = pipeline(task("a", step()), task("exit", cleanup, after=("a",), always=True))
    world = World(graph, scripted({"a": "it broke"}), failure_policy="fast").run()
    assert world.states()["exit/two"] == "succeeded"
    assert world.ended == "failed"


def test_a_dag_that_the_fast_policy_cuts_short_is_skipped_and_its_exit_task_told_cancelled() -> None:
    long = dag(task("one", step()), task("two", step(), after=("one",)))
    graph = pipeline(
        task("a", step()),
        task("long", long),
        task("exit", step({"status": dict}), {"status": Status("long")}, always=True),
    )
    world = World(graph, scripted({"a": "it broke"}), failure_policy="fast").run()
    assert world.states() | {} == {
        "a": "failed",
        "long": "skipped",
        "long/one": "succeeded",
        "long/two": "skipped",
        "exit": "succeeded",
    }
    assert world.given("exit")["status"]["state"] == "CANCELLED"


def test_a_task_that_ignores_upstream_failure_gets_its_defaults() -> None:
    graph = pipeline(
        task("a", step(outputs={"side": str, "other": str})),
        task("b", TAIL, {"text": Out("a.side")}, always=True),
        task("c", SAY, {"text": Out("a.other")}, always=True),
    )
    world = World(graph, scripted({"a": "it broke"})).run()
    assert world.given("b") == {"text": "nothing"}
    assert world.given("c") == {}
    assert world.ended == "failed"


def test_an_exit_task_runs_although_what_it_follows_never_started() -> None:
    graph = pipeline(
        task("a", step()), task("b", step(), after=("a",)), task("exit", step(), after=("b",), always=True)
    )
    world = World(graph, scripted({"a": "it broke"})).run()
    assert world.states() == {"a": "failed", "b": "skipped", "exit": "succeeded"}


def test_an_optional_input_of_the_pipeline_left_unset_leaves_the_component_its_default() -> None:
    inner = dag(task("t", TAIL, {"text": In("text")}), inputs={"text": (str, MISSING)})
    graph = pipeline(
        task("a", TAIL, {"text": In("text")}),
        task("b", inner, {"text": In("text")}),
        task("c", SAY, {"text": In("text")}),
        inputs={"text": (str, MISSING)},
    )
    world = World(graph).run()
    assert world.given("a") == {"text": "nothing"}
    assert world.given("b/t") == {"text": "nothing"}
    assert world.given("c") == {}
    assert World(graph).run(text="hello").given("b/t") == {"text": "hello"}


def test_a_missing_argument_fails_the_run_before_anything_starts() -> None:
    world = World(pipeline(task("a", step()), inputs={"n": int})).begin()
    assert world.ended == "failed"
    assert "the pipeline's input 'n' was not given" in world.scheduler.reason


def test_a_wrong_or_missing_output_fails_the_task() -> None:
    graph = pipeline(task("a", step(outputs={"n": int})))
    world = World(graph, scripted({"a": {"n": "many"}})).run()
    assert world.ended == "failed"
    assert "'n'" in world.reason("a")
    world = World(graph, lambda _: Outputs()).run()
    assert world.reason("a") == "it ended without writing its output 'n'"
