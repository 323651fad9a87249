from kfp import dsl


@dsl.component
def core_comp() -> str:
    return 'foo'


@dsl.pipeline(name="core")
def core() -> str:
    core_comp_task = core_comp()
    return core_comp_task.output


@dsl.pipeline(name="mantle")
def mantle() -> str:
    core_task = core()
    return core_task.output


@dsl.component
def crust_comp(input: str):
    print('input :', input)


@dsl.pipeline(name="parameter-cache-pipeline")
def parameter_cache_pipeline():
    mantle_task = mantle()
    crust_comp(input=mantle_task.output)


PIPELINE = parameter_cache_pipeline
