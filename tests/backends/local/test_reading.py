"""Which steps need the data of an input that lies at another store."""

from __future__ import annotations

import pytest

from kfbridge.backends.driven.reading import reads_data
from kfbridge.graph.model import Container
from kfbridge.spec.boot import write_boot

HEAD = "from kfp import dsl\nfrom kfp.dsl import *\n\n"


def function(body: str, annotation: str = "Input[Dataset]") -> Container:
    command, args = write_boot("step", f"{HEAD}def step(d: {annotation}, n: int = 1):\n    {body}\n")
    return Container("exec-step", "python:3.11", tuple(command), tuple(args))


@pytest.mark.parametrize(
    ("body", "reads"),
    [
        ("print(d.uri, d.metadata['rows'], d.name)", False),
        ("d.metadata['rows'] = 3", False),
        ("print(n)", False),
        ("print(d.uri if d is not None else 'none', d.name if d else '', not d)", False),
        ("print(d is n)", True),
        ("if d.path: print(d.uri)", True),
        ("print(d.path)", True),
        ("open(d.path).read()", True),
        ("other = d", True),
        ("print(d)", True),
        ("print([one.uri for one in d])", True),
        ("print(getattr(d, 'path'))", True),
        ("print(locals())", True),
        ("eval('d.path')", True),
        ("d.uri = 'x'", True),
        ("(lambda: d.path)()", True),
        ("for d in []: print(d.uri)", True),
    ],
)
def test_a_function_that_only_asks_about_its_input_needs_no_data(body: str, reads: bool) -> None:
    assert reads_data(function(body), "d") is reads


def test_a_path_in_the_signature_is_a_path() -> None:
    assert reads_data(function("print(n)", "InputPath('Dataset')"), "d")
    assert reads_data(function("print(n)"), "other")  # an input that is called otherwise than the argument


@pytest.mark.parametrize(
    ("words", "reads"),
    [
        (("cat", "{{$.inputs.artifacts['d'].path}}"), True),
        (("echo", "{{$.inputs.artifacts['d'].uri}}", "{{$.inputs.artifacts['d'].metadata['k']}}"), False),
        (("echo", "{{$.inputs.artifacts['e'].path}}"), False),
        (("echo", '{"Concat": ["x=", "{{$.inputs.artifacts[\'d\'].path}}"]}'), True),
        (("echo", "{{$.inputs.artifacts['d']}}"), True),
        (("echo", "{{$}}"), True),
        (("echo", "{{$.json_escape[1]}}"), True),
        (("echo",), False),
    ],
)
def test_a_container_says_what_it_takes(words: tuple[str, ...], reads: bool) -> None:
    assert reads_data(Container("exec-step", "any", words[:1], words[1:]), "d") is reads
    assert (
        reads_data(Container("exec-step", "any", env=tuple((f"n{n}", word) for n, word in enumerate(words))), "d")
        is reads
    )
