from kfp import dsl, kubernetes


@dsl.component
def print_greeting():
    print('hello world')


@dsl.pipeline(name="my-pipeline")
def my_pipeline():
    task = print_greeting()
    kubernetes.set_security_context(task, run_as_user=65534, run_as_group=0)


PIPELINE = my_pipeline
