"""Volume claims: made, mounted and deleted by tasks; and volumes that live as long as a task's pod."""

# Annotations are not text here: Python 3.10 cannot read `OutputPath(str)` back out of text.
from collections.abc import Mapping, Sequence
from typing import Any, Dict, List, Optional  # noqa: UP035  the interface of the components is KFP's own

from kfbridge.dsl.container_component_decorator import container_component
from kfbridge.dsl.pipeline_channel import PipelineChannel, reference_of
from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.dsl.reference import LoopKey
from kfbridge.dsl.structures import ContainerSpec
from kfbridge.dsl.task_settings import INLINE
from kfbridge.kubernetes.arguments import constant
from kfbridge.kubernetes.call import Call
from kfbridge.runtime.annotations import OutputPath

# KFP's backend knows these components by their images, which exist nowhere. What they say of their arguments is part
# of a compiled pipeline, so it is KFP's text to the letter (kubeflow/pipelines, Apache License 2.0).

_ACCESS_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")


@container_component
def CreatePVC(  # noqa: D417  an output is no argument of the calls
    name: OutputPath(str),  # type: ignore[valid-type]
    access_modes: List[str],  # noqa: UP006
    size: str,
    pvc_name: Optional[str] = None,  # noqa: UP045
    pvc_name_suffix: Optional[str] = None,  # noqa: UP045
    storage_class_name: Optional[str] = "",  # noqa: UP045
    volume_name: Optional[str] = None,  # noqa: UP045
    annotations: Optional[Dict[str, str]] = None,  # noqa: UP006, UP045
    data_source: Optional[Dict[str, str]] = None,  # noqa: UP006, UP045
) -> ContainerSpec:
    """Make a volume claim; the output ``name`` is its name.

    Args:
        access_modes: Values for ``PersistentVolumeClaim.spec.accessModes``.
        size: The size of storage requested by the PVC that will be
            provisioned. For example, ``'5Gi'``. Corresponds to
            `PersistentVolumeClaim.spec.resources.requests.storage
            <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/#PersistentVolumeClaimSpec>`_.
        pvc_name: Name of the PVC. Corresponds to
            `PersistentVolumeClaim.metadata.name
            <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/#PersistentVolumeClaim>`_.
            Only one of ``pvc_name`` and ``pvc_name_suffix`` can be provided.
        pvc_name_suffix: Prefix to use for a dynamically generated name, which
            will take the form ``<argo-workflow-name>-<pvc_name_suffix>``. Only
            one of ``pvc_name`` and ``pvc_name_suffix`` can be provided.
        storage_class_name: Name of StorageClass from which to provision the PV
            to back the PVC. ``None`` indicates to use the cluster's default
            storage_class_name. Set to ``''`` for a statically specified PVC.
        volume_name: Pre-existing PersistentVolume that should back the
            provisioned PersistentVolumeClaim. Used for statically
            specified PV only. Corresponds to
            `PersistentVolumeClaim.spec.volumeName
            <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/#PersistentVolumeClaimSpec>`_.
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
    """
    return ContainerSpec(image="argostub/createpvc")


@container_component
def DeletePVC(pvc_name: str) -> ContainerSpec:
    """Delete a volume claim.

    Args:
        pvc_name: Name of the PVC to delete. Supports passing a runtime-generated name, such as a name provided by ``kubernetes.CreatePvcOp().outputs['name']``.
    """  # noqa: E501
    return ContainerSpec(image="argostub/deletepvc")


def mount_pvc(task: PipelineTask, pvc_name: PipelineChannel | str, mount_path: str, sub_path: str = "") -> PipelineTask:
    """Mount a volume claim.

    Args:
        task: The task.
        pvc_name: The claim's name, or a channel for it: ``CreatePVC(...).outputs["name"]``.
        mount_path: The folder in the container.
        sub_path: The folder in the volume; the whole volume unless given.

    Raises:
        CompileError: An argument is of the wrong kind.
    """
    call = Call("mount_pvc", task)
    name = call.name("pvc_name", pvc_name)
    entry: dict[str, Any] = {"mountPath": call.text("mount_path", mount_path)}
    if isinstance(name, str):
        entry |= {"constant": name, "pvcNameParameter": constant(name)}
    else:
        entry["pvcNameParameter"] = name
        if not isinstance(reference_of(name), LoopKey):  # which the older form cannot say
            entry[INLINE] = name
    if sub_path:
        entry["subPath"] = call.text("sub_path", sub_path)
    return call.append("pvcMount", entry)


def add_ephemeral_volume(
    task: PipelineTask,
    volume_name: str,
    mount_path: str,
    access_modes: Sequence[str],
    size: str,
    storage_class_name: str | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> PipelineTask:
    """Mount a volume that is made for the task's pod and goes with it.

    Args:
        task: The task.
        volume_name: The volume's name in the pod.
        mount_path: The folder in the container.
        access_modes: ``ReadWriteOnce``, ``ReadOnlyMany``, ``ReadWriteMany`` or ``ReadWriteOncePod``; or several.
        size: Its size, as a Kubernetes quantity: ``5Gi``.
        storage_class_name: What provides it; the cluster's default unless given.
        labels: Labels of the volume claim.
        annotations: Annotations of the volume claim.

    Raises:
        CompileError: An argument is of the wrong kind.
    """
    call = Call("add_ephemeral_volume", task)
    entry: dict[str, Any] = {
        "volumeName": call.text("volume_name", volume_name),
        "mountPath": call.text("mount_path", mount_path),
        "accessModes": [
            call.choice("access_modes", mode, _ACCESS_MODES) for mode in call.items("access_modes", access_modes)
        ],
        "size": call.quantity("size", size),
    }
    if storage_class_name is None:
        entry["defaultStorageClass"] = True
    elif storage_class_name:
        entry["storageClassName"] = call.text("storage_class_name", storage_class_name)
    given = {"labels": labels, "annotations": annotations}
    metadata = {name: call.text_map(name, value, empty=True) for name, value in given.items() if value}
    if metadata:
        entry["metadata"] = metadata
    return call.append("genericEphemeralVolume", entry)
