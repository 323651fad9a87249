"""Inlining nested pipelines: what stands in the rewritten pipeline, and what stays because it must."""

from __future__ import annotations

from typing import Any

from kfbridge import dsl
from kfbridge.findings import Level
from kfbridge.graph.model import Constant, DagInput, TaskOutput
from kfbridge.graph.resolve import platform_config, resolve
from kfbridge.graph.rewrites import Origin, inline
from kfbridge.spec.read import Document, from_data
from tests.engine.build import In, Out, Status, dag, pipeline, step, task
from tests.graph.rewrites.documents import document_of
from tests.graph.rewrites.equal import differences, happens, happens_rewritten


def compiled(function: Any) -> Document:
    return from_data([part for part in dsl.pipeline(function).documents if part])


@dsl.component
def load(rows: int) -> int:
    return rows


@dsl.component
def fit(rows: int, rate: float = 0.5) -> str:
    return f"{rows} {rate}"


@dsl.component
def report(text: str):
    print(text)


@dsl.pipeline
def training(rows: int, rate: float = 0.1) -> str:
    loaded = load(rows=rows)
    return fit(rows=loaded.output, rate=rate).set_display_name("Fit it").set_caching_options(False).output


def test_the_tasks_of_a_nested_pipeline_take_its_place() -> None:
    def study(rows: int = 3):
        trained = training(rows=rows)
        report(text=trained.output)

    done = inline(compiled(study))
    tasks = resolve(done.document).root.body.tasks
    assert list(tasks) == ["training-load", "training-fit", "report"]
    assert tasks["training-load"].parameters["rows"].source == DagInput("rows")
    assert tasks["training-fit"].parameters["rate"].source == Constant(0.1), "the default of the nested pipeline"
    assert tasks["training-fit"].display_name == "Fit it"
    assert not tasks["training-fit"].cache
    assert tasks["report"].parameters["text"].source == TaskOutput("training-fit", "Output")
    assert tasks["report"].producers == ("training-fit",)
    assert done.origins["training-fit"] == Origin("training/fit", (None, None))
    assert done.origin_key("training-fit") == "training/fit"
    assert done.findings == ()


def test_a_pipeline_that_is_used_twice_is_there_twice() -> None:
    def study():
        training(rows=1)
        training(rows=2)

    document = compiled(study)
    done = inline(document)
    tasks = resolve(done.document).root.body.tasks
    assert set(tasks) == {"training-load", "training-fit", "training-2-load", "training-2-fit"}
    assert done.origin_key("training-2-fit") == "training-2/fit"
    before, after = document.pipeline.components or {}, done.document.pipeline.components or {}
    assert before.keys() - after.keys() == {"comp-training", "comp-training-2"}
    assert after.keys() <= before.keys()


def test_a_pipeline_without_nested_ones_is_given_back_as_it_is() -> None:
    def study():
        load(rows=1)

    document = compiled(study)
    assert inline(document).document is document


def test_only_the_groups_that_are_named_are_inlined() -> None:
    def study():
        training(rows=1)
        training(rows=2)

    done = inline(compiled(study), only=["training-2"])
    assert set(resolve(done.document).root.body.tasks) == {"training", "training-2-load", "training-2-fit"}


def test_what_waits_for_a_pipeline_waits_for_all_that_may_fail_in_it() -> None:
    inner = dag(task("a", step()), task("b", step(), after=("a",)), task("c", step()))
    graph = pipeline(task("first", step()), task("p", inner, after=("first",)), task("last", step(), after=("p",)))
    tasks = resolve(inline(document_of(graph)).document).root.body.tasks
    assert tasks["last"].producers == ("p-b", "p-c"), "a is waited for by b, and its failure keeps b from running"
    assert tasks["p-a"].producers == ("first",)
    assert tasks["p-b"].producers == ("p-a",)


def test_a_step_does_not_run_without_what_its_pipeline_was_skipped_without() -> None:
    """``other`` does not read ``n``, which a false condition keeps from being made: nothing of the pipeline runs."""
    maker = task("maker", step({"go": int}, {"n": int}), {"go": 0}, condition="inputs.parameter_values['go'] == 1")
    inner = dag(task("user", step({"n": (int, 7)}), {"n": In("n")}), task("other", step()), inputs={"n": int})
    document = document_of(pipeline(maker, task("p", inner, {"n": Out("maker.n")})))
    done = inline(document)
    tasks = resolve(done.document).root.body.tasks
    assert tasks["p-other"].parameters["n"].source == TaskOutput("maker", "n")
    assert not tasks["p-user"].component.inputs.parameters["n"].optional, "its own default is not for this case"
    after = happens_rewritten(done, {})
    assert after.ran == {}
    assert not differences(happens(document, {}), after)


def test_the_default_of_a_pipelines_input_is_used_where_nothing_comes() -> None:
    maker = task("maker", step({"go": int}, {"n": int}), {"go": 0}, condition="inputs.parameter_values['go'] == 1")
    inner = dag(task("user", step({"n": (int, 7)}), {"n": In("n")}), inputs={"n": (int, 3)})
    document = document_of(pipeline(maker, task("p", inner, {"n": Out("maker.n")})))
    assert happens_rewritten(inline(document), {}).given == {"p/user": {"n": 3}}


def test_texts_that_are_made_of_the_pipelines_inputs_take_those_along() -> None:
    @dsl.pipeline
    def greeting(text: str):
        report(text=text)

    def study(name: str = "Ada"):
        greeting(text=f"Hello {name}")

    done = inline(compiled(study))
    assert happens_rewritten(done, {}).given["greeting/report"]["text"] == "Hello Ada"


def test_settings_of_a_platform_follow_the_step_and_read_from_where_it_is_now() -> None:
    from kfbridge import kubernetes

    @dsl.component
    def name() -> str:
        return "secret"

    @dsl.pipeline
    def inner(claim: str):
        read = report(text="x")
        kubernetes.mount_pvc(read, claim, "/data")

    def study():
        inner(claim=name().output)

    done = inline(compiled(study))
    graph = resolve(done.document)
    label = graph.root.body.tasks["inner-report"].component.body.label
    mount = platform_config(graph, "kubernetes", label)["pvcMount"][0]
    source = {"producerTask": "name", "outputParameterKey": "Output"}
    assert mount == {
        "mountPath": "/data",
        "pvcNameParameter": {"taskOutputParameter": source},
        "taskOutputParameter": source,
    }
    assert graph.root.body.tasks["inner-report"].producers == ("name",)


def test_a_name_that_gets_too_long_ends_in_a_hash() -> None:
    name = "a-task-with-a-name-of-forty-characters-or-so"
    graph = pipeline(task("p" * 30, dag(task(name, step()), task(f"{name}-2", step()))))
    done = inline(document_of(graph))
    names = list(resolve(done.document).root.body.tasks)
    assert [len(one) for one in names] == [63, 63]
    assert len(set(names)) == 2
    assert done.origin_key(names[0]) == f"{'p' * 30}/{name}"


def test_the_name_that_a_step_is_told_stays_what_it_was() -> None:
    inner = dag(task("a", step({"me": str}), {"me": "{{$.pipeline_task_name}}"}))
    document = document_of(pipeline(task("p", inner)))
    assert happens_rewritten(inline(document), {}).given["p/a"] == {"me": "a"}


def test_an_exit_handlers_group_is_inlined_when_asked_for() -> None:
    @dsl.component
    def clean():
        pass

    def study():
        with dsl.ExitHandler(clean()):
            load(rows=1)

    document = compiled(study)
    assert inline(document).document is document
    done = inline(document, exit_groups=True)
    tasks = resolve(done.document).root.body.tasks
    assert set(tasks) == {"exit-handler-1-load", "clean"}
    assert tasks["clean"].producers == ("exit-handler-1-load",)
    for fails in (lambda *_: False, lambda key, _: key.endswith("load")):
        assert not differences(happens(document, {}, fails), happens_rewritten(done, {}, fails))


# What stays --------------------------------------------------------------------------------------------


def refusals(graph: Any, **options: Any) -> list[str]:
    document = document_of(graph)
    done = inline(document, **options)
    assert all(finding.level is Level.REFUSED and finding.remedy for finding in done.findings)
    return [f"{finding.task}: {finding.reason}" for finding in done.findings]


def test_a_group_whose_status_is_asked_for_stays() -> None:
    exit = step({"status": dict})
    graph = pipeline(task("p", dag(task("a", step()))), task("exit", exit, {"status": Status("p")}, always=True))
    assert refusals(graph, exit_groups=True) == ["p: a task asks for its final status"]


def test_a_pipeline_with_a_one_of_that_a_task_reads_stays() -> None:
    one = step({"go": int}, {"x": int})
    inner = dag(
        task("a", one, {"go": 1}, condition="inputs.parameter_values['go'] == 1"),
        task("b", one, {"go": 1}, condition="inputs.parameter_values['go'] != 1"),
        outputs={"x": ["a.x", "b.x"]},
    )
    user = task("user", step({"x": int}), {"x": Out("p.x")})
    assert refusals(pipeline(task("p", inner), user)) == [
        "p: a task reads its output 'x', which one of several tasks makes"
    ]
    outside = pipeline(task("p", inner), outputs={"x": "p.x"})
    done = inline(document_of(outside))
    assert [one.task for one in resolve(done.document).root.body.parameters["x"]] == ["p-a", "p-b"]


def test_a_pipeline_that_may_not_be_reached_keeps_its_exit_task() -> None:
    inner = dag(task("a", step()), task("exit", step(), after=("a",), always=True))
    graph = pipeline(task("first", step()), task("p", inner, after=("first",)))
    assert refusals(graph) == [
        "p: a task in it runs however others ended, but only where the whole is reached",
    ]


def test_an_input_that_converts_on_the_way_keeps_its_pipeline() -> None:
    inner = dag(task("a", step({"n": str}), {"n": In("n")}), inputs={"n": float})
    graph = pipeline(task("maker", step({}, {"x": int})), task("p", inner, {"n": Out("maker.x")}))
    assert refusals(graph) == ["p: its input 'n' converts what it is given before it hands it on"]
