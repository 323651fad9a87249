from kfp import dsl, kubernetes


@dsl.component
def producer() -> str:
    with open('/data/file.txt', 'w') as file:
        file.write('Hello world')
    with open('/data/file.txt', 'r') as file:
        content = file.read()
    print(content)
    return content


@dsl.component
def consumer() -> str:
    with open('/data/file.txt', 'r') as file:
        content = file.read()
    print(content)
    return content


@dsl.pipeline(name="my-pipeline")
def my_pipeline():
    createpvc_task = kubernetes.CreatePVC(
        access_modes=["ReadWriteOnce"],
        data_source={"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "my-snap"},
        pvc_name_suffix="-my-pvc",
        size="5Mi",
        storage_class_name="standard",
    )
    producer_task = producer()
    kubernetes.mount_pvc(producer_task, pvc_name=createpvc_task.outputs["name"], mount_path="/data")
    consumer_task = consumer().after(producer_task)
    kubernetes.mount_pvc(consumer_task, pvc_name=createpvc_task.outputs["name"], mount_path="/data")
    kubernetes.DeletePVC(pvc_name=createpvc_task.outputs["name"]).after(consumer_task)


PIPELINE = my_pipeline
