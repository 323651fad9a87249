"""A refusal names the line of the compiled file; many places are found in one pass."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kfbridge.spec.locate import locate, locate_keys
from kfbridge.spec.read import Document, read_file
from tests.cli.kfbridge_process import Project
from tests.conftest import corpus_files

TEXT = """\
first: {a: [1, 2, {b: 3}], c: {d: 4}}
second:
  a:
  - a: {b: 1}
  - 2
  b:
    c: &anchor {d: 1}
  e: *anchor
  f: null
"""


def test_keys_are_found_by_their_paths_through_mappings() -> None:
    paths = [("first",), ("first", "c", "d"), ("second", "b", "c", "d"), ("second", "f"), ("second", "a", "b")]
    assert locate_keys(TEXT, paths) == {
        ("first",): (1, 1),
        ("first", "c", "d"): (1, 32),
        ("second", "b", "c", "d"): (7, 17),
        ("second", "f"): (9, 3),
    }
    assert locate_keys(TEXT, []) == {}


def test_a_document_of_several_is_counted_without_the_empty_ones() -> None:
    assert locate_keys("a: 1\n---\n---\na: 2\n", [("a",)], 1) == {("a",): (4, 1)}


def tasks(document: Document) -> list[tuple[str, ...]]:
    components = {("root",): document.pipeline.root}
    components |= {("components", name): one for name, one in (document.pipeline.components or {}).items()}
    return [
        (*path, "dag", "tasks", task)
        for path, one in components.items()
        if one is not None and one.dag is not None
        for task in one.dag.tasks or {}
    ]


@pytest.mark.corpus
@pytest.mark.usefixtures("corpus")
def test_one_pass_finds_what_many_find() -> None:
    files = corpus_files("kubernetes", "valid")[::5]
    for file in files:
        document = read_file(file)
        paths = tasks(document)
        found = locate_keys(document.text, paths, document.pipeline_place[0])
        assert found == {path: locate(document.text, path, document.pipeline_place[0]) for path in paths}


def test_a_refusal_says_where_its_task_stands(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("""
        @dsl.container_component
        def shout():
            return dsl.ContainerSpec(image="busybox", command=["true"])

        @dsl.pipeline
        def inner():
            shout()

        @dsl.pipeline(name="outer")
        def outer():
            inner()
    """)
    project.call("compile", "pipeline.py:outer", "-o", "outer.yaml")
    document = project.json("check", "outer.yaml", code=1)
    [refused] = [one for one in document["findings"] if one["level"] == "refused"]
    name, line, *_ = refused["where"].split(":")
    assert (name, refused["task"]) == ("outer.yaml", "inner/shout")
    assert (tmp_path / "outer.yaml").read_text().splitlines()[int(line) - 1].strip() == "shout:"
    assert {one["where"] for one in document["findings"] if one["level"] != "refused"} == {""}


def test_a_refusal_says_which_line_of_python_made_its_task(tmp_path: Path) -> None:
    project = Project(tmp_path)
    name = project.write("""
        @dsl.container_component
        def shout():
            return dsl.ContainerSpec(image="busybox", command=["true"])

        @dsl.pipeline
        def inner(loud: bool = True):
            with dsl.If(loud == True):  # noqa: E712
                shout()  # in a group of an inner pipeline

        @dsl.pipeline(name="outer")
        def outer():
            last = shout()  # at the end
            with dsl.ExitHandler(last):
                inner()
                with dsl.ParallelFor([1, 2]) as item:
                    shout().after()  # in a loop
    """)
    lines = (tmp_path / name).read_text().splitlines()
    for verb in ("check", "plan"):
        document = project.json(verb, "pipeline.py:outer", code=1)
        refused = [one for one in document["findings"] if one["level"] == "refused"]
        found = {one["task"]: lines[int(one["where"].removeprefix("pipeline.py:")) - 1] for one in refused}
        assert {task: line.partition("# ")[2] for task, line in found.items()} == {
            "shout": "at the end",
            "exit-handler-1/inner/condition-1/shout": "in a group of an inner pipeline",
            "exit-handler-1/for-loop-3/shout-2": "in a loop",
        }
        assert {one["where"] for one in document["findings"] if one["level"] != "refused"} == {""}
        assert re.search(r"shout \(pipeline\.py:\d+\)", " ".join(project.call(verb, "pipeline.py:outer", code=1)))
    said = project.call("run", "pipeline.py:outer", code=1)[1]
    assert f"shout (pipeline.py:{1 + lines.index('    last = shout()  # at the end')}): " in said


def test_a_component_from_a_file_has_the_place_of_its_call(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("""
        @dsl.container_component
        def shout():
            return dsl.ContainerSpec(image="busybox", command=["true"])

        @dsl.pipeline
        def inner():
            shout()
    """)
    project.call("compile", "pipeline.py:inner", "-o", "inner.yaml")
    project.write("""
        from kfbridge import components

        inner = components.load_component_from_file("inner.yaml")

        @dsl.pipeline(name="outer")
        def outer():
            inner()  # here
    """)
    document = project.json("check", "pipeline.py:outer", code=1)
    [refused] = [one for one in document["findings"] if one["level"] == "refused"]
    line = int(refused["where"].removeprefix("pipeline.py:"))
    assert (tmp_path / "pipeline.py").read_text().splitlines()[line - 1].strip() == "inner()  # here"
