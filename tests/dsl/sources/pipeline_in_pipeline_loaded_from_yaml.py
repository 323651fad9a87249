import os
import tempfile
from typing import NamedTuple

from kfp import compiler, components, dsl
from kfp.dsl import Artifact, Input


@dsl.component
def print_op1(msg: str) -> str:
    print(msg)
    return msg


@dsl.container_component
def print_op2(msg: str, data: dsl.Output[dsl.Artifact]):
    return dsl.ContainerSpec(
        image="alpine",
        command=["sh", "-c", 'mkdir --parents $(dirname "$1") && echo "$0" > "$1"'],
        args=[msg, data.path],
    )


@dsl.pipeline(name="inner-pipeline")
def inner_pipeline(msg: str) -> NamedTuple("Outputs", [("data", dsl.Artifact), ("msg", str)]):
    print_op1_task = print_op1(msg=msg)
    print_op2_task = print_op2(msg=print_op1_task.output)
    outputs = NamedTuple("Outputs", [("data", dsl.Artifact), ("msg", str)])
    return outputs(msg=print_op1_task.output, data=print_op2_task.output)


@dsl.pipeline(name="pipeline-in-pipeline")
def pipeline_in_pipeline(msg: str = "Hello") -> dsl.Artifact:
    print_op1(msg=msg)
    inner_pipeline_task = inner_pipeline(msg="world")
    return inner_pipeline_task.outputs["data"]


def through_yaml(component):
    """Compile a component and load it back: what its Python types said is gone."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "component.yaml")
        compiler.Compiler().compile(component, path)
        return components.load_component_from_file(path)


loaded = through_yaml(pipeline_in_pipeline)


@dsl.component
def print_op1(data: Input[Artifact]):
    with open(data.path, 'r') as f:
        print(f.read())


@dsl.pipeline(name="pipeline-in-pipeline")
def outer():
    pipeline_in_pipeline_task = loaded(msg="Hello")
    print_op1(data=pipeline_in_pipeline_task.output)


PIPELINE = outer
