from kfp import dsl, kubernetes


@dsl.component
def print_greeting():
    print('hello world')


@dsl.pipeline(name="my-pipeline")
def my_pipeline():
    task = print_greeting()
    kubernetes.empty_dir_mount(task, volume_name="shared-data", mount_path="/data")
    kubernetes.add_init_container(
        task,
        name="prepare-data",
        image="busybox:1.36",
        command=["sh", "-c"],
        args=["echo ready > /data/marker"],
        env={"MARKER_TEXT": "ready"},
        volume_mounts={"shared-data": "/data"},
    )


PIPELINE = my_pipeline
