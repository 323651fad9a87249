from kfp import dsl


@dsl.component
def core_comp(dataset: dsl.Output[dsl.Dataset]):
    with open(dataset.path, 'w') as f:
        f.write('foo')


@dsl.pipeline(name="core")
def core() -> dsl.Dataset:
    core_comp_task = core_comp().set_caching_options(False)
    return core_comp_task.output


@dsl.pipeline(name="mantle")
def mantle() -> dsl.Dataset:
    core_task = core().set_caching_options(False)
    return core_task.output


@dsl.component
def crust_comp(input: dsl.Dataset):
    with open(input.path, 'r') as f:
        print('input: ', f.read())


@dsl.pipeline(name="artifact-pipeline")
def artifact_pipeline():
    mantle_task = mantle().set_caching_options(False)
    crust_comp(input=mantle_task.output).set_caching_options(False)


PIPELINE = artifact_pipeline
