"""What makes no sense is refused with the path, the reason, and what was probably meant."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from kfbridge.errors import SpecError
from kfbridge.spec.read import from_data, read_text
from kfbridge.spec.validate import problems, validate, warnings
from kfbridge.spec.write import write_yaml

GOOD: dict[str, Any] = {
    "pipelineInfo": {"name": "train"},
    "schemaVersion": "2.1.0",
    "components": {
        "comp-load": {
            "executorLabel": "exec-load",
            "outputDefinitions": {
                "parameters": {"rows": {"parameterType": "NUMBER_INTEGER"}},
                "artifacts": {"data": {"artifactType": {"schemaTitle": "system.Dataset"}}},
            },
        },
        "comp-fit": {
            "executorLabel": "exec-fit",
            "inputDefinitions": {
                "parameters": {
                    "rows": {"parameterType": "NUMBER_INTEGER"},
                    "rate": {"parameterType": "NUMBER_DOUBLE", "defaultValue": 0.1},
                },
                "artifacts": {"data": {"artifactType": {"schemaTitle": "system.Dataset"}}},
            },
            "outputDefinitions": {"parameters": {"score": {"parameterType": "NUMBER_DOUBLE"}}},
        },
        "comp-loop": {
            "dag": {
                "tasks": {
                    "fit": {
                        "componentRef": {"name": "comp-fit"},
                        "inputs": {
                            "parameters": {"rows": {"componentInputParameter": "item"}},
                            "artifacts": {"data": {"componentInputArtifact": "data"}},
                        },
                    }
                },
                "outputs": {
                    "parameters": {
                        "score": {"valueFromParameter": {"producerSubtask": "fit", "outputParameterKey": "score"}}
                    }
                },
            },
            "inputDefinitions": {
                "parameters": {"item": {"parameterType": "NUMBER_INTEGER"}},
                "artifacts": {"data": {"artifactType": {"schemaTitle": "system.Dataset"}}},
            },
            "outputDefinitions": {"parameters": {"score": {"parameterType": "LIST"}}},
        },
    },
    "deploymentSpec": {
        "executors": {"exec-load": {"container": {"image": "a"}}, "exec-fit": {"container": {"image": "b"}}}
    },
    "root": {
        "inputDefinitions": {"parameters": {"limit": {"parameterType": "NUMBER_INTEGER"}}},
        "dag": {
            "tasks": {
                "load": {"componentRef": {"name": "comp-load"}},
                "loop": {
                    "componentRef": {"name": "comp-loop"},
                    "dependentTasks": ["load"],
                    "inputs": {
                        "parameters": {
                            "rows": {"taskOutputParameter": {"producerTask": "load", "outputParameterKey": "rows"}}
                        },
                        "artifacts": {
                            "data": {"taskOutputArtifact": {"producerTask": "load", "outputArtifactKey": "data"}}
                        },
                    },
                    "parameterIterator": {"items": {"inputParameter": "rows"}, "itemInput": "item"},
                    "triggerPolicy": {"condition": "int(inputs.parameter_values['rows']) > 1"},
                },
            }
        },
    },
}

LOOP = ("root", "dag", "tasks", "loop")
FIT = ("components", "comp-loop", "dag", "tasks", "fit")
OUTPUTS = ("components", "comp-loop", "dag", "outputs", "parameters", "score")
DELETE = object()


def changed(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The good pipeline with one thing changed."""
    data = copy.deepcopy(GOOD)
    target = data
    for part in path[:-1]:
        target = target[part]
    if value is DELETE:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return data


def test_the_good_one_has_no_problems() -> None:
    assert list(problems(from_data([GOOD]))) == []


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("schemaVersion",), "3.0.0", 'schemaVersion.*the schema version "3.0.0" is not known'),
        (("pipelineInfo",), DELETE, "the pipeline has no name"),
        (("root",), DELETE, "the pipeline has no root"),
        (("root", "dag"), DELETE, "the root has no dag"),
        (
            (*LOOP, "componentRef", "name"),
            "comp-lop",
            r'root.dag.tasks.loop.componentRef\): there is no component "comp-lop"\n  Did you mean comp-loop\?',
        ),
        ((*LOOP, "componentRef"), DELETE, "a task without a component"),
        (
            ("components", "comp-fit", "executorLabel"),
            "exec-fitt",
            'there is no executor "exec-fitt" in deploymentSpec.executors\n  Did you mean exec-fit',
        ),
        (("components", "comp-fit", "executorLabel"), DELETE, "a component with neither a dag nor an executor"),
        (("components", "comp-fit", "dag"), {}, "a component with both a dag and an executor"),
        ((*LOOP, "dependentTasks"), ["laod"], r'there is no task "laod" here\n  Did you mean load\?'),
        ((*LOOP, "dependentTasks"), ["loop"], "a task that waits for itself"),
        (
            (*LOOP, "inputs", "parameters", "rows", "taskOutputParameter", "producerTask"),
            "gone",
            r'root.dag.tasks.loop.inputs.parameters.rows\): there is no task "gone" here',
        ),
        (
            (*LOOP, "inputs", "parameters", "rows", "taskOutputParameter", "outputParameterKey"),
            "row",
            'the task "load" has no output parameter "row"\n  Did you mean rows',
        ),
        (
            (*LOOP, "inputs", "artifacts", "data", "taskOutputArtifact", "outputArtifactKey"),
            "dta",
            'the task "load" has no output artifact "dta"\n  Did you mean data',
        ),
        (
            (*FIT, "inputs", "parameters", "rows", "componentInputParameter"),
            "itm",
            'the enclosing dag has no input parameter "itm"\n  Did you mean item',
        ),
        (
            (*FIT, "inputs", "artifacts", "data", "componentInputArtifact"),
            "x",
            'the enclosing dag has no input artifact "x"\n  There are data.',
        ),
        ((*FIT, "inputs", "parameters", "rows"), {}, "an input that is fed with nothing"),
        ((*FIT, "inputs", "parameters", "rows"), DELETE, 'fit.*: the task is not given its input "rows"'),
        ((*FIT, "inputs"), DELETE, 'the task is not given its input "rows", "data"'),
        (
            (*LOOP, "inputs", "parameters", "status"),
            {"taskFinalStatus": {"producerTask": "lod"}},
            'there is no task "lod" here\n  Did you mean load',
        ),
        (
            (*LOOP, "inputs", "parameters", "rows", "parameterExpressionSelector"),
            "parseJson(",
            r"parameterExpressionSelector\): a value expected, not the end at column 11",
        ),
        (
            (*LOOP, "triggerPolicy", "condition"),
            "1 >",
            r"loop.triggerPolicy.condition\): a value expected, not the end at column 4",
        ),
        (
            (*LOOP, "triggerPolicy", "condition"),
            "inputs.parameter_values['row'] == 1",
            'the condition reads the input "row", which the task is not given\n  Did you mean rows',
        ),
        (
            (*LOOP, "parameterIterator", "itemInput"),
            "itemm",
            'the loop gives its item to the input "itemm", which its dag does not have.*\n  Did you mean item',
        ),
        (
            (*LOOP, "parameterIterator", "items", "inputParameter"),
            "rowz",
            'the loop goes over the input "rowz", which the task is not given\n  Did you mean rows',
        ),
        ((*LOOP, "parameterIterator", "items"), {}, "a loop without items"),
        (
            (*OUTPUTS, "valueFromParameter", "outputParameterKey"),
            "scor",
            r'comp-loop.dag.outputs.parameters.score\): the task "fit" has no output parameter "scor"',
        ),
        ((*OUTPUTS, "valueFromParameter", "producerSubtask"), "fot", 'there is no task "fot" here'),
        (OUTPUTS, {}, "an output that comes from nothing"),
        (
            ("root", "dag", "tasks", "load", "dependentTasks"),
            ["loop"],
            "tasks wait for each other: load -> loop -> load",
        ),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else None,
)
def test_one_thing_wrong_is_named(path: tuple[str, ...], value: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        validate(from_data([changed(path, value)], "p.yaml"))


def test_the_line_is_told_when_there_is_a_file() -> None:
    text = write_yaml(changed((*LOOP, "dependentTasks"), ["laod"]))
    line = text.split("\n").index("        dependentTasks:") + 1
    with pytest.raises(SpecError, match=rf"p.yaml:{line}:9 \(root.dag.tasks.loop.dependentTasks\): there is no task"):
        validate(read_text(text, "p.yaml"))


def test_all_problems_are_counted() -> None:
    data = changed((*LOOP, "dependentTasks"), ["a", "b", "c"])
    with pytest.raises(SpecError, match=r'there is no task "a" here \(and 2 more problems\)'):
        validate(from_data([data]))
    assert len(list(problems(from_data([data])))) == 3


def test_a_component_that_contains_itself_is_refused() -> None:
    data = changed(("components", "comp-a"), {"dag": {"tasks": {"b": {"componentRef": {"name": "comp-b"}}}}})
    data["components"]["comp-b"] = {"dag": {"tasks": {"a": {"componentRef": {"name": "comp-a"}}}}}
    with pytest.raises(SpecError, match="a component that contains itself: comp-a -> comp-b -> comp-a"):
        validate(from_data([data]))


def test_an_older_schema_is_read() -> None:
    assert list(problems(from_data([changed(("schemaVersion",), "2.0.0")]))) == []


def test_what_kfp_could_not_read_is_warned_of() -> None:
    data = changed((*LOOP, "triggerPolicy", "condition"), "inputs.parameter_values['rows'] == 'it's'")
    assert list(problems(from_data([data]))) == []
    assert list(warnings(from_data([data | {"extra": 1}]))) == [
        'the top level has a field "extra" that kfbridge does not know',
        'the condition of root.dag.tasks.loop holds "it\'s", which was not escaped; KFP cannot read it',
    ]


def test_thousands_of_problems_take_no_longer_than_twenty() -> None:
    data = changed((*LOOP, "dependentTasks"), [f"missing-{number}" for number in range(20_000)])
    with pytest.raises(SpecError, match=r"\(and at least 20 more problems\)"):
        validate(from_data([data]))


def test_names_of_absurd_length_are_cut() -> None:
    with pytest.raises(SpecError) as caught:
        validate(from_data([changed((*LOOP, "dependentTasks"), ["x" * 1_000_000])]))
    assert len(str(caught.value)) < 1000


def test_a_hook_that_is_not_carried_out_is_told() -> None:
    data = copy.deepcopy(GOOD)
    container = data["deploymentSpec"]["executors"]["exec-load"]["container"]
    container["lifecycle"] = {"preCacheCheck": {"command": ["sh", "-c", "true"]}}
    assert list(warnings(from_data([data]))) == [
        "the executor exec-load has a lifecycle.preCacheCheck, which kfbridge does not carry out"
    ]
