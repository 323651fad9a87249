from kfp import dsl


@dsl.component
def core_comp() -> int:
    return 1


@dsl.pipeline(name="core")
def core() -> int:
    core_comp_task = core_comp().set_caching_options(False)
    return core_comp_task.output


@dsl.pipeline(name="mantle")
def mantle() -> int:
    core_task = core().set_caching_options(False)
    return core_task.output


@dsl.component
def crust_comp(x: int, y: int):
    print('sum :', x + y)


@dsl.pipeline(name="mixed-parameters-pipeline")
def mixed_parameters_pipeline():
    mantle_task = mantle().set_caching_options(False)
    crust_comp(x=2, y=mantle_task.output).set_caching_options(False)


PIPELINE = mixed_parameters_pipeline
