"""The page as text: whole, self-contained, and with nothing of the user's as markup."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from kfbridge.errors import UsageError
from kfbridge.page import page, write_page
from kfbridge.runs.detail import RunDetail
from tests.page.browser import Element, parse
from tests.page.conftest import EVIL


@pytest.fixture(scope="module")
def whole(rich: RunDetail) -> str:
    return page(rich)


@pytest.fixture(scope="module")
def document(whole: str) -> Element:
    return parse(whole)


def details(document: Element, rich: RunDetail, path: str) -> Element:
    """The template with what is told about a task."""
    number = next(number for number, task in enumerate(rich.tasks) if task.path == path)
    return document.one("template", id=f"task-{number}")


def test_nothing_is_fetched_and_one_script_may_run(whole: str, document: Element) -> None:
    assert [script.attributes for script in document.every("script")] == [
        {"type": "application/json", "id": "data"},
        {},
    ]
    assert not re.search(r"<(link|img|object|embed|base|form)\b", whole)
    assert {name for element in document.every() for name in element.attributes if name.startswith("on")} == set()
    policy = document.one("meta", http_equiv="Content-Security-Policy").attributes["content"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")


def test_what_users_wrote_shows_as_they_wrote_it(whole: str, document: Element) -> None:
    assert EVIL not in whole.replace("srcdoc=", "")
    assert EVIL in document.one("div", class_="canvas").text  # a display name
    assert EVIL in document.one("footer").text
    for element in document.every("template"):
        assert element.every("script") == []


def test_every_task_has_its_details(document: Element, rich: RunDetail) -> None:
    assert len(document.every("template")) == 1 + len(rich.tasks)
    failed = details(document, rich, "exit-handler-1/for-loop-3[2]/fit")
    assert "too deep" in failed.one("pre", class_="error").text
    assert "ValueError: too deep" in failed.one("pre", class_="log").text
    assert "depth7" in failed.text
    retried = details(document, rich, "exit-handler-1/flaky")
    assert [state.text for state in retried.every("span", class_="state")] == ["succeeded", "failed", "succeeded"]
    loaded = details(document, rich, "exit-handler-1/load")
    assert "line 499 of the log" in loaded.one("pre", class_="log").text
    assert "line 1 of the log" not in loaded.text
    assert f"{EVIL} green" in loaded.text
    assert "</script><b>bold</b>" in loaded.text


def test_reports_are_locked_in(document: Element, rich: RunDetail) -> None:
    judged = details(document, rich, "exit-handler-1/for-loop-3[0]/evaluate")
    frame = judged.one("iframe")
    assert frame.attributes["sandbox"] == ""
    assert frame.attributes["srcdoc"].startswith("<h1>Report</h1>")
    notes = judged.one("div", class_="markdown")
    assert notes.one("h4").text == "Notes"
    assert EVIL in notes.text


def test_metrics_are_a_table_and_drawings(document: Element) -> None:
    metrics = document.one("section", id="metrics")
    assert [cell.text for cell in metrics.one("thead").every("th")] == ["step", "accuracy", "<i>loss</i>"]
    assert [row.every("td")[2].text for row in metrics.one("tbody").every("tr")] == ["0.123457"] * 3
    assert len(metrics.every("svg", class_="roc")) == 3
    assert len(metrics.every("svg", class_="confusion")) == 6
    assert all(drawing.every("title") for drawing in metrics.every("svg"))


def test_the_table_has_every_step(document: Element, rich: RunDetail) -> None:
    steps = [task for task in rich.tasks if not task.is_group]
    rows = document.one("table", class_="steps").one("tbody").every("tr")
    assert [row.every("button")[0].text for row in rows] == [task.path for task in steps]
    assert [row.one("span", class_="state").text for row in rows] == [task.state for task in steps]


def test_the_drawing_has_a_box_for_each_task_of_the_pipeline(document: Element) -> None:
    paths = [box.attributes["data-path"] for box in document.every("div", class_="box")]
    assert "exit-handler-1/for-loop-3/condition-branches-4/condition-5/deploy" in paths
    assert len(paths) == len(set(paths))
    good = next(box for box in document.every("div", class_="box") if box.attributes["data-path"].endswith("tion-5"))
    assert "if evaluate-Output > 0.84" in good.text
    loop = next(box for box in document.every("div", class_="box") if box.has("data-loop", ""))
    assert "for each item, 2 at once" in loop.text


def test_values_that_are_not_text_at_all_do_not_break_the_page(rich: RunDetail) -> None:
    strange = replace(
        rich.tasks[0],
        display_name="\ud800\0</title>",
        error="\x1b[31m" + EVIL,
        inputs={"parameters": {"nan": float("nan"), "deep": [[[{"a": "\udfff"}]]], "</script>": None}},
        state="never heard of",
    )
    text = page(replace(rich, tasks=(strange, *rich.tasks[1:])))
    text.encode("utf-8")
    data = parse(text).one("script", id="data").text
    assert json.loads(data)["tasks"][0][1] == "never heard of"


# The file ---------------------------------------------------------------------------------------------


def test_a_page_replaces_the_one_that_is_there(rich: RunDetail, tmp_path: Path, whole: str) -> None:
    file = tmp_path / "run.html"
    file.write_text("old")
    write_page(rich, file)
    assert file.read_text() == whole
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["nowhere/run.html", "."])
def test_a_place_that_cannot_be_written_is_a_sentence(rich: RunDetail, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"The page cannot be written to .*: (No such file|Is a) .*") as error:
        write_page(rich, tmp_path / name)
    assert error.value.remedy == "Name a file in a folder that exists and can be written."
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_leaves_the_old_page(rich: RunDetail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "run.html"
    file.write_text("old")
    monkeypatch.setattr(Path, "with_name", lambda self, name: Path("/dev/full"))
    monkeypatch.setattr(Path, "unlink", lambda self, missing_ok=False: None)
    with pytest.raises(UsageError, match="No space left on device"):
        write_page(rich, file)
    assert file.read_text() == "old"
