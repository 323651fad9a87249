from typing import NamedTuple

from kfp import dsl


@dsl.component
def core_comp() -> NamedTuple('outputs', val1=str, val2=str):  # type: ignore
    outputs = NamedTuple('outputs', val1=str, val2=str)
    return outputs('foo', 'bar')


@dsl.pipeline(name="core")
def core() -> NamedTuple("Outputs", [("val1", str), ("val2", str)]):
    core_comp_task = core_comp().set_caching_options(False)
    outputs = NamedTuple("Outputs", [("val1", str), ("val2", str)])
    return outputs(val1=core_comp_task.outputs["val1"], val2=core_comp_task.outputs["val2"])


@dsl.pipeline(name="mantle")
def mantle() -> NamedTuple("Outputs", [("val1", str), ("val2", str)]):
    core_task = core().set_caching_options(False)
    outputs = NamedTuple("Outputs", [("val1", str), ("val2", str)])
    return outputs(val1=core_task.outputs["val1"], val2=core_task.outputs["val2"])


@dsl.component
def crust_comp(val1: str, val2: str):
    print('val1: ', val1)
    print('val2: ', val2)


@dsl.pipeline(name="multiple-parameters-namedtuple-pipeline")
def multiple_parameters_namedtuple_pipeline():
    mantle_task = mantle().set_caching_options(False)
    crust_comp(val1=mantle_task.outputs["val1"], val2=mantle_task.outputs["val2"]).set_caching_options(False)


PIPELINE = multiple_parameters_namedtuple_pipeline
