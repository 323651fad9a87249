"""Curves and matrices as drawings (SVG) that need no script."""

from __future__ import annotations

from collections.abc import Iterable

from kfbridge.page.markup import Markup, element
from kfbridge.page.metrics import Classification, Matrix, Point, area

_SIDE = 240  # of the square in which a curve is drawn
_LEFT, _TOP, _BELOW = 46, 10, 40
_MOST_MARKS = 60  # points that get a mark of their own
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def figures(found: Iterable[Classification], title: str) -> list[Markup]:
    """A figure for each curve and each matrix."""
    made = []
    for one in found:
        name = f"{title} · {one.slice}" if one.slice else title
        if one.curve:
            made.append(_figure(f"ROC curve, area {area(one.curve):.3f}", name, roc_curve(one.curve, name), "roc"))
        if one.matrix:
            made.append(_figure("Confusion matrix", name, confusion_matrix(one.matrix, name), "confusion"))
    return made


def roc_curve(curve: tuple[Point, ...], name: str) -> Markup:
    """True against false positives, the diagonal for comparison; each mark tells its threshold."""
    line = " ".join(f"{_x(point.false_positives):.1f},{_y(point.true_positives):.1f}" for point in curve)
    step = max(1, len(curve) // _MOST_MARKS)
    return element(
        "svg",
        element("title", f"ROC curve of {name}: area {area(curve):.3f}, {len(curve)} points"),
        [_grid(tick) for tick in _TICKS],
        element("line", class_="chance", x1=_x(0), y1=_y(0), x2=_x(1), y2=_y(1)),
        element("polyline", class_="curve", points=line),
        [_mark(point) for point in curve[::step]],
        _label(_LEFT + _SIDE / 2, _TOP + _SIDE + 34, "false positive rate"),
        _label(0, 0, "true positive rate", transform=f"translate(11 {_TOP + _SIDE / 2}) rotate(-90)"),
        class_="roc",
        role="img",
        viewBox=f"0 0 {_LEFT + _SIDE + 12} {_TOP + _SIDE + _BELOW}",
        width=_LEFT + _SIDE + 12,
    )


def confusion_matrix(matrix: Matrix, name: str) -> Markup:
    """A field for each pair of true and predicted category; the darker, the larger its share of the row."""
    size = len(matrix.categories)
    cell = max(18.0, min(64.0, 300.0 / size))
    longest = max(len(category) for category in matrix.categories)
    margin = min(150.0, 7.0 * longest + 14) + 16
    wide, high = margin + cell * size + 8, cell * size + 0.8 * margin + 26
    fields = [
        _field(matrix, row, column, margin + column * cell, 4 + row * cell, cell)
        for row in range(size)
        for column in range(size)
    ]
    names = [
        [
            _label(margin - 6, 4 + (at + 0.5) * cell + 4, _short(category), anchor="end"),
            _label(
                0,
                0,
                _short(category),
                anchor="end",
                transform=f"translate({margin + (at + 0.5) * cell + 4:.1f} {cell * size + 12:.1f}) rotate(-50)",
            ),
        ]
        for at, category in enumerate(matrix.categories)
    ]
    return element(
        "svg",
        element("title", f"Confusion matrix of {name}: true categories down, predicted ones across"),
        fields,
        names,
        _label(0, 0, "true", transform=f"translate(11 {4 + cell * size / 2:.1f}) rotate(-90)"),
        _label(margin + cell * size / 2, high - 4, "predicted"),
        class_="confusion",
        role="img",
        viewBox=f"0 0 {wide:.0f} {high:.0f}",
        width=f"{wide:.0f}",
    )


def _figure(what: str, name: str, drawing: Markup, kind: str) -> Markup:
    return element("figure", drawing, element("figcaption", element("b", what), " ", name), class_=f"figure {kind}")


def _field(matrix: Matrix, row: int, column: int, x: float, y: float, cell: float) -> Markup:
    count, total = matrix.rows[row][column], sum(matrix.rows[row])
    share = count / total if total > 0 else 0.0
    true, predicted = matrix.categories[row], matrix.categories[column]
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{cell:.1f}", "height": f"{cell:.1f}"}
    return element(
        "g",
        element("title", f"{true}, predicted as {predicted}: {count:g} ({share:.1%} of {true})"),
        element("rect", class_="back", **place),
        element("rect", class_="share", fill_opacity=f"{0.06 + 0.94 * max(0.0, share):.3f}", **place),
        _label(x + cell / 2, y + cell / 2 + 4, f"{count:g}", class_="strong" if share > 0.5 else "weak")
        if cell >= 26
        else None,
    )


def _grid(tick: float) -> list[Markup]:
    return [
        element("line", class_="grid", x1=_x(tick), y1=_y(0), x2=_x(tick), y2=_y(1)),
        element("line", class_="grid", x1=_x(0), y1=_y(tick), x2=_x(1), y2=_y(tick)),
        _label(_x(tick), _y(0) + 16, f"{tick:g}"),
        _label(_LEFT - 6, _y(tick) + 4, f"{tick:g}", anchor="end"),
    ]


def _mark(point: Point) -> Markup:
    threshold = "" if point.threshold is None else f"threshold {point.threshold:.4g}: "
    told = f"{threshold}true positives {point.true_positives:.3f}, false positives {point.false_positives:.3f}"
    return element(
        "circle",
        element("title", told),
        cx=f"{_x(point.false_positives):.1f}",
        cy=f"{_y(point.true_positives):.1f}",
        r=2.5,
    )


def _label(
    x: float, y: float, words: str, anchor: str = "middle", transform: str | None = None, class_: str | None = None
) -> Markup:
    return element("text", words, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, transform=transform, class_=class_)


def _short(words: str) -> str:
    return words if len(words) <= 20 else f"{words[:19]}…"


def _x(rate: float) -> float:
    return _LEFT + rate * _SIDE


def _y(rate: float) -> float:
    return _TOP + (1 - rate) * _SIDE
