from kfp import dsl, kubernetes


@dsl.component(base_image="registry.access.redhat.com/ubi9/python-311:latest")
def producer() -> str:
    with open('/data/file.txt', 'w') as file:
        file.write('Hello world')
    with open('/data/file.txt', 'r') as file:
        content = file.read()
    print(content)
    return content


@dsl.component(base_image="registry.access.redhat.com/ubi9/python-311:latest")
def consumer() -> str:
    with open('/data/file.txt', 'r') as file:
        content = file.read()
    print(content)
    return content


@dsl.pipeline(name="pipeline-with-volume")
def pipeline_with_volume():
    createpvc_task = kubernetes.CreatePVC(
        access_modes=["ReadWriteOnce"], pvc_name_suffix="-my-pvc", size="5Mi", storage_class_name="standard"
    )
    producer_task = producer()
    kubernetes.mount_pvc(producer_task, pvc_name=createpvc_task.outputs["name"], mount_path="/data")
    consumer_task = consumer().after(producer_task)
    kubernetes.mount_pvc(consumer_task, pvc_name=createpvc_task.outputs["name"], mount_path="/data")
    kubernetes.DeletePVC(pvc_name=createpvc_task.outputs["name"]).after(consumer_task)


PIPELINE = pipeline_with_volume
