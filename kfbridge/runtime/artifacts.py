"""The artifact classes, as a step sees them.

They carry what the IR says about an artifact (name, URI, metadata) and map its URI to a path that the step
can open. Metrics are metadata: what is logged here is what every backend and user interface shows.
"""

import os
import warnings
from typing import Any, Dict, Optional, Sequence, Type

# URI scheme -> the folder under which platforms mount it.
MOUNTS = {"gs://": "/gcs/", "minio://": "/minio/", "s3://": "/s3/", "oci://": "/oci/"}
WORKSPACE = "/kfp-workspace"
_task_root: Optional[str] = None
_NO_TASK_ROOT = "/tmp/kfp_outputs"  # what KFP's own backend passes, and no place to put data


class Artifact:
    """Data that one step wrote and others read; the base of all artifact classes.

    Args:
        name: The platform's name for the artifact.
        uri: Where it lies: ``gs://``, ``s3://``, ``minio://``, ``oci://``, ``file://`` or a plain path.
        metadata: JSON data that travels with the artifact.
    """

    schema_title = "system.Artifact"
    schema_version = "0.0.1"

    def __init__(
        self, name: Optional[str] = None, uri: Optional[str] = None, metadata: Optional[Dict[str, Any]] = None
    ) -> None:
        self.name = name or ""
        self.uri = uri or ""
        self.metadata: Dict[str, Any] = metadata or {}
        self._custom_path = ""

    @property
    def path(self) -> str:
        """The local path of the data; setting it sets `uri` to where that path is mounted from."""
        return self._get_path()

    @path.setter
    def path(self, path: str) -> None:
        self.uri = to_uri(path)

    def _get_path(self) -> str:
        path = self._custom_path or to_path(self.uri)
        if self.metadata.get("_kfp_workspace") is True:
            path = os.path.join(os.environ.get("KFBRIDGE_WORKSPACE", WORKSPACE), ".artifacts", path.lstrip("/"))
        return path

    @property
    def custom_path(self) -> str:
        """A path of the step's own choice, which overrides the one made from `uri`; empty when unset."""
        return self._custom_path

    @custom_path.setter
    def custom_path(self, path: str) -> None:
        self._custom_path = path

    def set_path(self, path: str) -> None:
        """Choose the local path; `uri` stays, and the platform uploads from there."""
        self._custom_path = path


class Model(Artifact):
    """A trained model."""

    schema_title = "system.Model"

    @property
    def framework(self) -> str:
        """The framework that made the model, kept in the metadata; empty when unset."""
        return str(self.metadata.get("framework", ""))

    @framework.setter
    def framework(self, framework: str) -> None:
        self.metadata["framework"] = framework

    @property
    def path(self) -> str:
        """The local path; an ``oci://`` image holds its model in the folder ``models``."""
        return self._get_path() + ("/models" if self.uri.startswith("oci://") else "")

    @path.setter
    def path(self, path: str) -> None:
        self.uri = to_uri(path)


class Dataset(Artifact):
    """A dataset."""

    schema_title = "system.Dataset"


class HTML(Artifact):
    """An HTML page."""

    schema_title = "system.HTML"


class Markdown(Artifact):
    """A Markdown page."""

    schema_title = "system.Markdown"


class Metrics(Artifact):
    """Named numbers."""

    schema_title = "system.Metrics"

    def log_metric(self, metric: str, value: float) -> None:
        """Record `value` under the name `metric`."""
        self.metadata[metric] = value


class ClassificationMetrics(Artifact):
    """An ROC curve and a confusion matrix."""

    schema_title = "system.ClassificationMetrics"

    def log_roc_data_point(self, fpr: float, tpr: float, threshold: float) -> None:
        """Add a point to the ROC curve: false positive rate, true positive rate, threshold."""
        point = {"confidenceThreshold": threshold, "recall": tpr, "falsePositiveRate": fpr}
        self.metadata.setdefault("confidenceMetrics", []).append(point)

    def log_roc_curve(self, fpr: Sequence[float], tpr: Sequence[float], threshold: Sequence[float]) -> None:
        """Add many points to the ROC curve.

        Raises:
            ValueError: The three sequences differ in length.
        """
        if not len(fpr) == len(tpr) == len(threshold):
            raise ValueError(f"fpr, tpr and threshold differ in length: {len(fpr)}, {len(tpr)} and {len(threshold)}.")
        for point in zip(fpr, tpr, threshold):
            self.log_roc_data_point(*point)

    def set_confusion_matrix_categories(self, categories: Sequence[str]) -> None:
        """Begin a confusion matrix of zeros with these categories."""
        self.metadata["confusionMatrix"] = {
            "annotationSpecs": [{"displayName": category} for category in categories],
            "rows": [{"row": [0] * len(categories)} for _ in categories],
        }

    def _row(self, category: str) -> int:
        specs = self.metadata.get("confusionMatrix", {}).get("annotationSpecs", [])
        categories = [spec["displayName"] for spec in specs]
        if category not in categories:
            raise ValueError(f"Invalid category {category!r}: it is none of {categories}.")
        return categories.index(category)

    def log_confusion_matrix_row(self, row_category: str, row: Sequence[float]) -> None:
        """Set the counts of one true category, in the order of the categories.

        Raises:
            ValueError: The category is unknown, or the row has not one number for each category.
        """
        index = self._row(row_category)
        rows = self.metadata["confusionMatrix"]["rows"]
        if len(row) != len(rows):
            raise ValueError(f"Invalid row {row_category!r}: expected {len(rows)} numbers, got {len(row)}.")
        rows[index] = {"row": list(row)}

    def log_confusion_matrix_cell(self, row_category: str, col_category: str, value: int) -> None:
        """Set one count.

        Raises:
            ValueError: One of the categories is unknown.
        """
        index, column = self._row(row_category), self._row(col_category)
        self.metadata["confusionMatrix"]["rows"][index]["row"][column] = value

    def log_confusion_matrix(self, categories: Sequence[str], matrix: Sequence[Sequence[int]]) -> None:
        """Set the whole confusion matrix.

        Raises:
            ValueError: The matrix is not square, or does not fit the categories.
        """
        if any(len(side) != len(categories) for side in [matrix, *matrix]):
            raise ValueError(f"Invalid matrix for the categories {list(categories)}: {matrix!r}.")
        self.set_confusion_matrix_categories(categories)
        for category, row in zip(categories, matrix):
            self.log_confusion_matrix_row(category, row)


class SlicedClassificationMetrics(Artifact):
    """An ROC curve and a confusion matrix for each slice of the data."""

    schema_title = "system.SlicedClassificationMetrics"

    def _slice(self, name: str) -> ClassificationMetrics:
        slices = self.metadata.setdefault("evaluationSlices", [])
        found = [entry for entry in slices if entry["slice"] == name]
        if not found:
            found = [{"slice": name, "sliceClassificationMetrics": {}}]
            slices += found
        metrics = ClassificationMetrics()
        metrics.metadata = found[0]["sliceClassificationMetrics"]
        return metrics

    def log_roc_reading(self, slice: str, threshold: float, tpr: float, fpr: float) -> None:
        """Add a point to the slice's ROC curve."""
        self._slice(slice).log_roc_data_point(fpr, tpr, threshold)

    def load_roc_readings(self, slice: str, readings: Sequence[Sequence[float]]) -> None:
        """Add points to the slice's ROC curve, each ``[threshold, true positive rate, false positive rate]``."""
        for threshold, tpr, fpr in readings:
            self.log_roc_reading(slice, threshold, tpr, fpr)

    def set_confusion_matrix_categories(self, slice: str, categories: Sequence[str]) -> None:
        """Begin a confusion matrix of zeros for the slice."""
        self._slice(slice).set_confusion_matrix_categories(categories)

    def log_confusion_matrix_row(self, slice: str, row_category: str, row: Sequence[int]) -> None:
        """Set the slice's counts of one true category."""
        self._slice(slice).log_confusion_matrix_row(row_category, row)

    def log_confusion_matrix_cell(self, slice: str, row_category: str, col_category: str, value: int) -> None:
        """Set one count of the slice."""
        self._slice(slice).log_confusion_matrix_cell(row_category, col_category, value)

    def load_confusion_matrix(self, slice: str, categories: Sequence[str], matrix: Sequence[Sequence[int]]) -> None:
        """Set the slice's whole confusion matrix."""
        self._slice(slice).log_confusion_matrix(categories, matrix)


CLASSES: Dict[str, Type[Artifact]] = {
    cls.schema_title: cls
    for cls in (
        Artifact, Model, Dataset, Metrics, ClassificationMetrics, SlicedClassificationMetrics, HTML, Markdown,
    )
}  # fmt: skip


def to_path(uri: str) -> str:
    """The local path of a URI: mounted schemes under their folder, ``file://`` verbatim, anything else as it is."""
    if uri.startswith("file://"):
        return uri[len("file://") :]
    for scheme, mount in MOUNTS.items():
        if uri.startswith(scheme):
            rest = uri[len(scheme) :]
            return mount + (rest.replace("/", "_") if scheme == "oci://" else rest)
    return uri


def to_uri(path: str) -> str:
    """The URI of a local path that lies under a mount; any other path as it is."""
    for scheme, mount in MOUNTS.items():
        if path.startswith(mount):
            rest = path[len(mount) :]
            if scheme == "oci://":
                rest = rest.replace("_", "/")
                rest = rest[: -len("/models")] if rest.endswith("/models") else rest
            return scheme + rest
    return path


def make_artifact(fields: Dict[str, Any], declared: Optional[type] = None) -> Artifact:
    """The object for an artifact of an ExecutorInput (or of an event).

    Args:
        fields: ``{"name", "uri", "metadata", "type": {"schemaTitle"}, "custom_path"}``, all optional.
        declared: The class in the function's annotation; used for titles that are not KFP's own.
    """
    cls: Any = CLASSES.get(fields.get("type", {}).get("schemaTitle", "")) or declared or Artifact
    # Google's classes are not made by calling them.
    make = getattr(cls, "_from_executor_fields", cls)
    artifact = make(name=fields.get("name", ""), uri=fields.get("uri", ""), metadata=fields.get("metadata", {}))
    custom_path = fields.get("custom_path") or fields.get("customPath")
    if custom_path:
        artifact.custom_path = custom_path
    return artifact  # type: ignore[no-any-return]


def set_task_root(folder: str) -> None:
    """Tell `get_uri` where the running task's executor output lies."""
    global _task_root
    _task_root = folder


def get_uri(suffix: str = "Output") -> str:
    """A URI of the running task's own, for an artifact that the function makes and returns.

    Args:
        suffix: What tells the URI from the others of the task.

    Returns:
        The URI; empty, with a warning, where the platform has no place of its own for a task.

    Raises:
        RuntimeError: No task is running.
    """
    if _task_root is None:
        raise RuntimeError("dsl.get_uri can only be called at task runtime.")
    if _task_root == _NO_TASK_ROOT:
        warnings.warn("dsl.get_uri is not supported by this backend: give the URI.", RuntimeWarning, 2)
        return ""
    return os.path.join(to_uri(_task_root), suffix)
