"""What KFP's metrics artifacts hold in their metadata, read with care: any step can write anything there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

METRICS = frozenset({"system.Metrics", "system.ClassificationMetrics", "system.SlicedClassificationMetrics"})
_STRUCTURED = frozenset({"confidenceMetrics", "confusionMatrix", "evaluationSlices"})
_MOST_CATEGORIES = 60


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a ROC curve: rates from 0 to 1, and the threshold that gives them."""

    false_positives: float
    true_positives: float
    threshold: float | None


@dataclass(frozen=True, slots=True)
class Matrix:
    """A confusion matrix: a row of counts for each true category."""

    categories: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Classification:
    """One set of classification metrics; `slice` names its part of the data, or is empty."""

    slice: str
    curve: tuple[Point, ...]
    matrix: Matrix | None


def scalars(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metrics that are single values."""
    return {name: value for name, value in metadata.items() if name not in _STRUCTURED}


def classifications(metadata: Mapping[str, Any]) -> Iterator[Classification]:
    """The curves and matrices, of all the data and of slices of it; what cannot be read is left out."""
    found = _classification("", metadata)
    if found is not None:
        yield found
    for one in _list(metadata.get("evaluationSlices")):
        if isinstance(one, Mapping) and isinstance(one.get("sliceClassificationMetrics"), Mapping):
            found = _classification(str(one.get("slice", "")), one["sliceClassificationMetrics"])
            if found is not None:
                yield found


def area(curve: tuple[Point, ...]) -> float:
    """The area under a ROC curve, by trapezoids, from (0, 0) to (1, 1) whatever part of it was logged."""
    points = [(0.0, 0.0), *((one.false_positives, one.true_positives) for one in curve), (1.0, 1.0)]
    return sum((right - left) * (low + high) / 2 for (left, low), (right, high) in pairwise(points))


def _classification(name: str, metadata: Mapping[str, Any]) -> Classification | None:
    points = [_point(one) for one in _list(metadata.get("confidenceMetrics"))]
    curve = sorted(
        (point for point in points if point is not None), key=lambda one: (one.false_positives, one.true_positives)
    )
    matrix = _matrix(metadata.get("confusionMatrix"))
    return Classification(name, tuple(curve), matrix) if curve or matrix else None


def _point(entry: Any) -> Point | None:
    if not isinstance(entry, Mapping):
        return None
    rates = [_number(entry.get(name)) for name in ("falsePositiveRate", "recall")]
    if any(rate is None or not 0 <= rate <= 1 for rate in rates):
        return None
    return Point(rates[0] or 0.0, rates[1] or 0.0, _number(entry.get("confidenceThreshold")))


def _matrix(entry: Any) -> Matrix | None:
    if not isinstance(entry, Mapping):
        return None
    specs = [one.get("displayName") for one in _list(entry.get("annotationSpecs")) if isinstance(one, Mapping)]
    rows = [_list(one.get("row")) for one in _list(entry.get("rows")) if isinstance(one, Mapping)]
    counts = [[_number(count) for count in row] for row in rows]
    size = len(specs)
    square = len(counts) == size and all(len(row) == size and None not in row for row in counts)
    if not 0 < size <= _MOST_CATEGORIES or not square:
        return None
    return Matrix(tuple(map(str, specs)), tuple(tuple(count or 0.0 for count in row) for row in counts))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
