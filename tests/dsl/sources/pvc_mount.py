from kfp import dsl, kubernetes


@dsl.component
def producer() -> str:
    with open('/data/file.txt', 'w') as f:
        f.write('hello')
    with open('/data/file.txt', 'r') as f:
        return f.read()


@dsl.component
def consumer() -> None:
    with open('/data/file.txt', 'r') as f:
        print(f.read())


@dsl.pipeline(name="pvc-mount-pipeline")
def pvc_mount_pipeline(pvc_name: str):
    producer_task = producer()
    kubernetes.mount_pvc(producer_task, pvc_name=pvc_name, mount_path="/data")
    consumer_task = consumer().after(producer_task)
    kubernetes.mount_pvc(consumer_task, pvc_name=pvc_name, mount_path="/data")


PIPELINE = pvc_mount_pipeline
