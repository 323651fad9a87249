from kfp import dsl, kubernetes


@dsl.component
def comp():
    pass


@dsl.pipeline(name="my-pipeline")
def my_pipeline():
    task = comp()
    kubernetes.add_ephemeral_volume(
        task,
        volume_name="pvc-name",
        mount_path="path",
        access_modes=["ReadWriteOnce"],
        size="5Gi",
        annotations={"annotation1": "a1"},
    )


PIPELINE = my_pipeline
