from kfp import dsl


@dsl.container_component
def print_env():
    return dsl.ContainerSpec(
        image="alpine",
        command=["sh", "-c", 'set -e -x\necho "$ENV1"\necho "$ENV2"\necho "$ENV3"\n'],
    )


@dsl.component
def print_env_op():
    import os
    print('ENV1', os.environ.get('ENV1'))
    print('ENV2', os.environ.get('ENV2'))


@dsl.pipeline(name="pipeline-with-env")
def pipeline_with_env():
    print_env().set_env_variable("ENV1", "val0").set_env_variable("ENV2", "val2").set_env_variable("ENV3", "val3")
    print_env_op().set_env_variable("ENV1", "val1")


PIPELINE = pipeline_with_env
