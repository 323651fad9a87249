from typing import Optional

from kfp import dsl


@dsl.container_component
def createpvc(
    access_modes: list,
    size: str,
    name: dsl.OutputPath(str),
    annotations: Optional[dict] = None,
    data_source: Optional[dict] = None,
    pvc_name: Optional[str] = None,
    pvc_name_suffix: Optional[str] = None,
    storage_class_name: str = "",
    volume_name: Optional[str] = None,
):
    """Runs the container.

    Args:
        access_modes: Values for ``PersistentVolumeClaim.spec.accessModes``.
        annotations: Annotations for the PVC's metadata. Corresponds to
            `PersistentVolumeClaim.metadata.annotations
            <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/#PersistentVolumeClaim>`_.
        data_source: Specifies the data source for the PVC. This can be used to
            create a PVC from a VolumeSnapshot or to clone an existing PVC.
            Should be a dictionary with ``'apiGroup'``, ``'kind'``, and
            ``'name'`` keys. For example:
            ``{'apiGroup': 'snapshot.storage.k8s.io', 'kind': 'VolumeSnapshot', 'name': 'my-snapshot'}``.
            Corresponds to `PersistentVolumeClaim.spec.dataSource
            <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/#PersistentVolumeClaimSpec>`_.
        pvc_name: Name of the PVC. Corresponds to
            `PersistentVolumeClaim.metadata.name
            <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/#PersistentVolumeClaim>`_.
            Only one of ``pvc_name`` and ``pvc_name_suffix`` can be provided.
        pvc_name_suffix: Prefix to use for a dynamically generated name, which
            will take the form ``<argo-workflow-name>-<pvc_name_suffix>``. Only
            one of ``pvc_name`` and ``pvc_name_suffix`` can be provided.
        size: The size of storage requested by the PVC that will be
            provisioned. For example, ``'5Gi'``. Corresponds to
            `PersistentVolumeClaim.spec.resources.requests.storage
            <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/#PersistentVolumeClaimSpec>`_.
        storage_class_name: Name of StorageClass from which to provision the PV
            to back the PVC. ``None`` indicates to use the cluster's default
            storage_class_name. Set to ``''`` for a statically specified PVC.
        volume_name: Pre-existing PersistentVolume that should back the
            provisioned PersistentVolumeClaim. Used for statically
            specified PV only. Corresponds to
            `PersistentVolumeClaim.spec.volumeName
            <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/#PersistentVolumeClaimSpec>`_.
    """
    return dsl.ContainerSpec(
        image="argostub/createpvc",
    )


@dsl.component(base_image="registry.access.redhat.com/ubi9/python-311:latest")
def dummy_task():
    print('hello')


@dsl.pipeline(name="here-is-a-pipeline-very-long-name")
def here_is_a_pipeline_very_long_name():
    createpvc(access_modes=["ReadWriteOnce"], pvc_name_suffix="-my-pvc", size="1Gi", storage_class_name="standard")
    dummy_task()


PIPELINE = here_is_a_pipeline_very_long_name
