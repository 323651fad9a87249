from typing import NamedTuple

from kfp import dsl


@dsl.component
def core_comp(ds1: dsl.Output[dsl.Dataset], ds2: dsl.Output[dsl.Dataset]):
    with open(ds1.path, 'w') as f:
        f.write('foo')
    with open(ds2.path, 'w') as f:
        f.write('bar')


@dsl.pipeline(name="core")
def core() -> NamedTuple("Outputs", [("ds1", dsl.Dataset), ("ds2", dsl.Dataset)]):
    core_comp_task = core_comp().set_caching_options(False)
    outputs = NamedTuple("Outputs", [("ds1", dsl.Dataset), ("ds2", dsl.Dataset)])
    return outputs(ds1=core_comp_task.outputs["ds1"], ds2=core_comp_task.outputs["ds2"])


@dsl.pipeline(name="mantle")
def mantle() -> NamedTuple("Outputs", [("ds1", dsl.Dataset), ("ds2", dsl.Dataset)]):
    core_task = core().set_caching_options(False)
    outputs = NamedTuple("Outputs", [("ds1", dsl.Dataset), ("ds2", dsl.Dataset)])
    return outputs(ds1=core_task.outputs["ds1"], ds2=core_task.outputs["ds2"])


@dsl.component
def crust_comp(
    ds1: dsl.Dataset,
    ds2: dsl.Dataset,
):
    with open(ds1.path, 'r') as f:
        print('ds1: ', f.read())
    with open(ds2.path, 'r') as f:
        print('ds2: ', f.read())


@dsl.pipeline(name="multiple-artifacts-namedtuple-pipeline")
def multiple_artifacts_namedtuple_pipeline():
    mantle_task = mantle().set_caching_options(False)
    crust_comp(ds1=mantle_task.outputs["ds1"], ds2=mantle_task.outputs["ds2"]).set_caching_options(False)


PIPELINE = multiple_artifacts_namedtuple_pipeline
