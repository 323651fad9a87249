from kfp import dsl, kubernetes


@dsl.component
def comp():
    pass


@dsl.pipeline(name="my-pipeline")
def my_pipeline():
    task = comp()
    kubernetes.use_secret_as_volume(task, secret_name="my-secret", mount_path="/mnt/my_vol")


PIPELINE = my_pipeline
