from kfp import dsl, kubernetes


@dsl.component
def comp():
    pass


@dsl.pipeline(name="my-pipeline")
def my_pipeline():
    task = comp()
    kubernetes.set_timeout(task, 20)


PIPELINE = my_pipeline
