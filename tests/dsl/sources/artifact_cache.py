from kfp import dsl


@dsl.component
def core_comp(dataset: dsl.Output[dsl.Dataset]):
    with open(dataset.path, 'w') as f:
        f.write('foo')


@dsl.pipeline(name="core")
def core() -> dsl.Dataset:
    core_comp_task = core_comp()
    return core_comp_task.output


@dsl.pipeline(name="mantle")
def mantle() -> dsl.Dataset:
    core_task = core()
    return core_task.output


@dsl.component
def crust_comp(input: dsl.Dataset):
    with open(input.path, 'r') as f:
        print('input: ', f.read())


@dsl.pipeline(name="artifact-cache-pipeline")
def artifact_cache_pipeline():
    mantle_task = mantle()
    crust_comp(input=mantle_task.output)


PIPELINE = artifact_cache_pipeline
