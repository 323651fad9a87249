"""Parameters and artifacts, as a page shows them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kfbridge.page.figures import figures
from kfbridge.page.files import Files
from kfbridge.page.markdown import render
from kfbridge.page.markup import Content, Markup, element, join
from kfbridge.page.metrics import METRICS, classifications, scalars

_LONG = 100  # characters; a longer value is folded
_MOST = 20_000  # characters of one value
_REPORTS = {"system.HTML": "report", "system.Markdown": "markdown"}


def value(found: Any) -> Markup:
    """A parameter's value: text as it is, anything else as JSON."""
    shown = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    if len(shown) <= _LONG and "\n" not in shown:
        return element("code", shown if shown else '""', class_="value")
    if not isinstance(found, str):
        shown = json.dumps(found, ensure_ascii=False, indent=1)
    cut = f"\n… {len(shown) - _MOST:,} characters more" if len(shown) > _MOST else ""
    head = " ".join(shown[: 2 * _LONG].split())[: _LONG - 20]
    return element(
        "details", element("summary", element("code", head, "…")), element("pre", shown[:_MOST] + cut), class_="long"
    )


def ports(found: Mapping[str, Any], files: Files, title: str) -> Markup | None:
    """The inputs or the outputs of a task as a table; None when there are none."""
    rows = [_row(name, value(one)) for name, one in _mapping(found.get("parameters")).items()]
    for name, artifacts in _mapping(found.get("artifacts")).items():
        rows += [_row(name, artifact(one, files), wide=True) for one in artifacts if isinstance(one, Mapping)]
    return _titled(title, rows)


def outputs(found: Mapping[str, Any], files: Files, title: str) -> Markup | None:
    """The outputs of a pipeline as a table; None when there are none."""
    return _titled(title, [_row(name, *_output(one, files), wide=_holds_artifacts(one)) for name, one in found.items()])


def artifact(found: Mapping[str, Any], files: Files) -> Markup:
    """An artifact: what it is, where it is, what is known about it, and its report, curve or matrix."""
    kind, metadata = str(found.get("schema_title", "")), _mapping(found.get("metadata"))
    return element(
        "div",
        element("span", kind.removeprefix("system."), class_="kind"),
        element("code", str(found.get("uri", "")), class_="uri"),
        _facts(scalars(metadata) if kind in METRICS else metadata),
        element("div", figures(classifications(metadata), str(found.get("name", ""))), class_="figures")
        if kind in METRICS
        else None,
        _report(_REPORTS.get(kind), found, files),
        class_="artifact",
    )


def _output(found: Any, files: Files) -> Iterator[Markup]:
    for one in found if isinstance(found, list) and _holds_artifacts(found) else [found]:
        yield artifact({**one, "schema_title": one["type"]}, files) if _is_artifact(one) else value(one)


def _holds_artifacts(found: Any) -> bool:
    return _is_artifact(found) or (isinstance(found, list) and bool(found) and all(map(_is_artifact, found)))


def _is_artifact(found: Any) -> bool:
    return isinstance(found, Mapping) and {"name", "type", "uri", "metadata"} <= found.keys()


def _facts(metadata: Mapping[str, Any]) -> Markup | None:
    if not metadata:
        return None
    return element("dl", [[element("dt", str(name)), element("dd", value(one))] for name, one in metadata.items()])


def _report(kind: str | None, found: Mapping[str, Any], files: Files) -> Markup | None:
    if kind is None:
        return None
    text = files.report(str(found.get("custom_path") or found.get("uri", "")))
    if text is None:
        return element("p", "The report is not at hand, or too large to show here.", class_="note")
    if kind == "markdown":
        return element("div", render(text), class_="report markdown")
    title = f"report {found.get('name', '')}"
    return element("iframe", class_="report", sandbox="", srcdoc=text, title=title, loading="lazy")


def _titled(title: str, rows: list[Markup]) -> Markup | None:
    if not rows:
        return None
    return element("section", element("h3", title), element("table", element("tbody", rows), class_="ports"))


def _row(name: str, *cells: Content, wide: bool = False) -> Markup:
    """A row; a wide one has its name above, not beside."""
    if not wide:
        return element("tr", element("th", name, scope="row"), element("td", *cells))
    head = element("tr", element("th", name, scope="rowgroup", colspan=2))
    return join(head, element("tr", element("td", *cells, colspan=2), class_="under"))


def _mapping(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}
