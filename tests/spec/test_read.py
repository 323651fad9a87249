"""Reading: what is taken, and for everything else one clear error with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from kfbridge.errors import SpecError, UsageError
from kfbridge.spec.read import read_file, read_text
from kfbridge.spec.tree import plain_documents

PIPELINE = """\
pipelineInfo:
  name: hello
root:
  dag:
    tasks:
      train:
        componentRef:
          name: comp-train
"""

LAUGHS = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "p.yaml: the file is empty"),
        ("# only a comment\n---\n---\n", "p.yaml: the file is empty"),
        ("- a\n- b\n", "p.yaml: a pipeline is a mapping, but this file holds a list"),
        ("just text", "p.yaml: a pipeline is a mapping, but this file holds text"),
        ("foo: 1\nbar: 2\n", r"p.yaml: this is not a compiled pipeline \(its keys are foo, bar\)"),
        ("root: {}\n---\nroot: {}\n", "p.yaml: the file holds more than one pipeline"),
        ("platforms: {}\n", "p.yaml: there is no pipeline in the file, only platform settings"),
        ("root: {}\n---\nplatforms: {}\n---\nplatforms: {}\n", "p.yaml: the file holds platform settings twice"),
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec: {}\n",
            "p.yaml: this is an Argo Workflow, which KFP 1",
        ),
        ("name: train\nimplementation:\n  container: {}\n", "p.yaml: this is a component of KFP 1, not a pipeline"),
        ("apiVersion: v1\nkind: Pod\n", "p.yaml: a Kubernetes resource Pod without a pipeline in it"),
        ("pipelineSpec: 3\n", r"p.yaml \(pipelineSpec\): a mapping is expected here, not a number"),
        # YAML
        ("root:\n  a: 1\n  b: 2\n  a: 3\n", r'p.yaml:4:3 \(root\): the key "a" appears twice'),
        ("root:\n\ta: 1\n", "p.yaml:2:1: this is not YAML: a character that cannot start a value"),
        ("root: [1, 2\n", "p.yaml:2:1: this is not YAML: did not find expected ',' or ']'"),
        ("root: a: b\n", 'p.yaml:1:8: this is not YAML: a ":" where no key can stand'),
        ("root: &a\n  dag: *a\n", r'p.yaml:2:8 \(root.dag\): the anchor "&a" contains itself'),
        ("root: *nowhere\n", r'p.yaml:1:7 \(root\): the alias "\*nowhere" has no anchor "&nowhere" before it'),
        (LAUGHS + "root: {}\n", r"p.yaml:6:\d+ \(a5\[3\]\): aliases that expand to far more than the file"),
        ("root: " + "[" * 5000, "p.yaml:1:20[67]: the data is nested more than 200 levels deep"),
        (
            "root:\n  a: !!python/object/apply:os.system [ls]\n",
            r'p.yaml:2:6 \(root.a\): the tag "!!python/object/apply:os',
        ),
        ("root: !!binary aGk=\n", r'p.yaml:1:7 \(root\): the tag "!!binary", which is not plain data'),
        ("root: !!int x\n", r"p.yaml:1:7 \(root\): 'x' is not a value of the type !!int"),
        ("? [a]\n: b\n", "p.yaml:1:3: a key that is not text"),
        ("root: " + "9" * 5000, r"p.yaml:1:7 \(root\): '9999.*' is not a value of the type !!int"),
        ("a: 1\nb: \x07\n", r"p.yaml:2:4: the character U\+0007, which is not allowed in a file"),
        ("a: \ud800\n", r"p.yaml:1:4: the character U\+D800"),
        # JSON
        ('{"root": {"a": 1,\n "a": 2}}', r'p.yaml:2:2 \(root\): the key "a" appears twice'),
        ('{"root": 1,, }', "p.yaml:1:12: this is not JSON: Expecting property name"),
        ('{"root": ' + "[" * 100_000, "p.yaml: the data is nested more than 200 levels deep"),
        ('{"root": "\\ud800"}', "p.yaml: text with half of a surrogate pair"),
        ('{"root": NaN}', "p.yaml: NaN is not a JSON value"),
        # types
        ("root: text\n", r"p.yaml:1:1 \(root\): a mapping is expected here, not text 'text'"),
        (
            "root:\n  dag:\n    tasks:\n      train:\n        inputs: 3\n",
            r"p.yaml:5:9 \(root.dag.tasks.train.inputs\): a mapping is expected here, not a number 3",
        ),
        (
            "root:\n  dag:\n    tasks:\n      a.b:\n        dependentTasks: [x, 1, 2]\n",
            r"p.yaml:5:29 \(root.dag.tasks\['a.b'\].dependentTasks\[1\]\): text is expected here, not a number 1 ",
        ),
        (
            "root:\n  inputDefinitions:\n    parameters:\n      x:\n        parameterType: STRNG\n",
            r"p.yaml:5:9 \(root.inputDefinitions.parameters.x.parameterType\): 'STRNG' is not one of",
        ),
        (
            "root: {dag: {tasks: {t: {cachingOptions: {enableCache: 'yes'}}}}}\n",
            "true or false is expected here, not text 'yes'",
        ),
        (
            "root: {dag: {tasks: {t: null}}}\n",
            r"\(root.dag.tasks.t\): a mapping is expected here, not nothing \(null\)",
        ),
        (
            "root: {dag: {tasks: {t: {retryPolicy: {maxRetryCount: 3000000000}}}}}\n",
            "an integer of 32 bits is expected, not 3000000000",
        ),
        (
            "root: {}\n---\nplatforms:\n  kubernetes:\n    deploymentSpec:\n      executors:\n        e:\n"
            "          securityContext:\n            runAsUser: root\n",
            r"p.yaml:9:13 \(platforms.kubernetes.deploymentSpec.executors.e.securityContext.runAsUser\): a whole",
        ),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_bad_input_is_one_sentence_with_its_place(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        read_text(text, "p.yaml")
    assert caught.value.remedy
    assert "pydantic" not in str(caught.value)


def test_a_misspelt_type_gets_a_hint() -> None:
    with pytest.raises(SpecError, match=r"Did you mean STRING\?"):
        read_text("root: {inputDefinitions: {parameters: {x: {parameterType: STRNG}}}}")


def test_a_file_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no file .*missing.yaml"):
        read_file(tmp_path / "missing.yaml")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder, not a file"):
        read_file(tmp_path)


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("pipelineInfo:\n  name: h\xe9\n".encode("latin-1"))
    with pytest.raises(SpecError, match=r"latin.yaml:2:1: the file is not UTF-8 text"):
        read_file(path)


def test_a_byte_order_mark_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + PIPELINE.encode())
    assert read_file(path).pipeline.pipeline_info.name == "hello"


def test_a_file_of_50_mb_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as stream:
        stream.truncate(50_000_000)
    with pytest.raises(SpecError, match=r"huge.yaml: the file has 50.0 MB; at most 40 MB are read") as caught:
        read_file(path)
    assert "KFBRIDGE_MAX_SPEC_MB" in str(caught.value.remedy)


def test_the_limit_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFBRIDGE_MAX_SPEC_MB", "1")
    with pytest.raises(SpecError, match=r"the file has 2.0 MB; at most 1 MB are read"):
        read_text("#" * 2_000_000)
    monkeypatch.setenv("KFBRIDGE_MAX_SPEC_MB", "many")
    with pytest.raises(UsageError, match="KFBRIDGE_MAX_SPEC_MB is 'many', not a number of megabytes"):
        read_text(PIPELINE)


def test_a_text_that_every_step_shares_is_no_billion_laughs() -> None:
    runtime = "x" * 6000
    steps = "\n".join(f"  step-{number}: *runtime" for number in range(3000))
    documents = plain_documents(f"runtime: &runtime {runtime}\nsteps:\n{steps}\n")
    assert documents[0]["steps"]["step-2999"] == runtime


def test_json_and_yaml_mean_the_same() -> None:
    data = yaml.safe_load(PIPELINE)
    assert read_text(json.dumps(data)).pipeline == read_text(PIPELINE).pipeline


def test_both_spellings_of_a_field_are_read_and_one_is_written() -> None:
    document = read_text("pipeline_info: {name: x, display_name: X}\nroot: {executor_label: e}\n")
    assert document.pipeline.to_data() == {
        "pipelineInfo": {"name": "x", "displayName": "X"},
        "root": {"executorLabel": "e"},
    }


def test_64_bit_integers_are_read_as_both_and_written_as_text() -> None:
    text = "root: {}\ndeploymentSpec: {executors: {e: {container: {resources: {accelerator: {count: 2}}}}}}"
    resources = read_text(text).to_data()[0]["deploymentSpec"]["executors"]["e"]["container"]["resources"]
    assert resources == {"accelerator": {"count": "2"}}
    assert read_text(text.replace("2}", "'2'}")).pipeline == read_text(text).pipeline


def test_unknown_fields_are_kept_and_told() -> None:
    document = read_text("root: {dag: {tasks: {t: {spot: true}}}}\ncomponents_1: {}\n")
    assert document.to_data() == [{"root": {"dag": {"tasks": {"t": {"spot": True}}}}, "components_1": {}}]
    assert document.notes == (
        'the top level has a field "components_1" that kfbridge does not know',
        'root.dag.tasks.t has a field "spot" that kfbridge does not know',
    )


def test_anchors_and_merge_keys_are_read() -> None:
    text = "base: &base {cpu: 1, memory: 2}\nroot: {a: {<<: *base, cpu: 3}, b: *base}\n"
    assert plain_documents(text) == [yaml.safe_load(text)]


def test_timestamps_and_keys_stay_text() -> None:
    assert plain_documents("on: 2001-01-01\n1: yes\n") == [{"on": "2001-01-01", "1": True}]


def test_a_pipeline_job_of_vertex_is_unwrapped() -> None:
    job = {
        "displayName": "job",
        "pipelineSpec": yaml.safe_load(PIPELINE),
        "runtimeConfig": {
            "parameterValues": {"x": 3},
            "parameters": {"old": {"intValue": "4"}, "x": {"intValue": "1"}},
        },
    }
    document = read_text(json.dumps(job), "job.json")
    assert document.pipeline == read_text(PIPELINE).pipeline
    assert document.arguments == {"old": 4, "x": 3}
    assert document.place(("root", "dag")).endswith("(pipelineSpec.root.dag)")


def test_the_custom_resources_of_kubernetes_are_unwrapped() -> None:
    version = {
        "apiVersion": "pipelines.kubeflow.org/v2beta1",
        "kind": "PipelineVersion",
        "metadata": {"name": "v1"},
        "spec": {"pipelineSpec": yaml.safe_load(PIPELINE), "platformSpec": {"platforms": {"kubernetes": {}}}},
    }
    pipeline = {"apiVersion": "pipelines.kubeflow.org/v2beta1", "kind": "Pipeline", "metadata": {"name": "p"}}
    document = read_text(yaml.safe_dump_all([pipeline, version]))
    assert document.pipeline == read_text(PIPELINE).pipeline
    assert document.platform is not None
    assert document.platform.to_data() == {"platforms": {"kubernetes": {}}}


def test_the_place_of_a_path_is_the_line_of_its_key() -> None:
    document = read_text(PIPELINE, "p.yaml")
    assert document.place(("root", "dag", "tasks", "train")) == "p.yaml:6:7 (root.dag.tasks.train)"
    assert document.place(("root", "dag", "gone")) == "p.yaml:4:3 (root.dag.gone)"
