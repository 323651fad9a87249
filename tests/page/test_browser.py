"""The page in a browser, after its script ran."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kfbridge.page import write_page
from kfbridge.runs.detail import RunDetail
from tests.page.browser import Element, dump, picture

pytestmark = pytest.mark.chromium


@pytest.fixture(scope="module")
def file(rich: RunDetail, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("html") / "run.html"
    write_page(rich, file)
    return file


@pytest.fixture(scope="module")
def document(file: Path) -> Element:
    return dump(file)


def box(document: Element, path: str) -> Element:
    return document.one("div", class_="box", data_path=path)


def told(document: Element, path: str) -> str:
    return box(document, path).every("span", class_="told")[0].text.partition(" ·")[0]


def note(document: Element, path: str) -> str:
    return box(document, path).every("span", class_="told")[0].text.rpartition("· ")[2]


def test_boxes_have_their_states(document: Element) -> None:
    assert told(document, "exit-handler-1") == "failed"
    assert told(document, "exit-handler-1/load") == "succeeded"
    assert told(document, "tidy") == "succeeded"
    assert box(document, "exit-handler-1/load").attributes["data-state"] == "succeeded"


def test_edges_are_drawn_between_the_boxes(document: Element) -> None:
    for dag in document.every("div", class_="dag"):
        drawn = dag.every("svg", class_="edges")[0].every("path")
        assert len(drawn) == dag.attributes["data-edges"].count("[") - 1
        for path in drawn:
            start, end = path.attributes["d"][1:].split("C")[0].split(), path.attributes["d"].split("L")[1].split()
            assert float(start[1]) < float(end[1]), "an edge goes down"


def test_a_loop_shows_the_iteration_that_failed(document: Element) -> None:
    loop = box(document, "exit-handler-1/for-loop-3")
    cells = loop.every("button", class_="cell")
    assert [cell.attributes["data-state"] for cell in cells] == ["succeeded", "succeeded", "failed", "succeeded"]
    assert [cell.attributes["aria-pressed"] for cell in cells] == ["false", "false", "true", "false"]
    assert note(document, "exit-handler-1/for-loop-3") == "here [2] of 4"
    assert told(document, "exit-handler-1/for-loop-3/fit") == "failed"
    assert told(document, "exit-handler-1/for-loop-3/evaluate") == "skipped"
    assert told(document, "exit-handler-1/for-loop-3/condition-branches-4/condition-5") == "not reached"


def test_the_run_itself_is_told_first(document: Element) -> None:
    detail = document.one("aside", id="detail")
    assert detail.one("h2").text == "The run"
    assert "too deep" in detail.one("pre", class_="error").text


def test_the_address_of_a_task_shows_it_in_its_iteration(file: Path) -> None:
    document = dump(file, "exit-handler-1/for-loop-3[3]/evaluate")
    assert document.one("aside", id="detail").one("h2").text == "evaluate"
    assert told(document, "exit-handler-1/for-loop-3/condition-branches-4/condition-5/deploy") == "succeeded"
    picked = box(document, "exit-handler-1/for-loop-3/evaluate").every("button", class_="pick")[0]
    assert picked.attributes["aria-pressed"] == "true"
    assert len(document.one("aside", id="detail").every("svg", class_="roc")) == 1


@pytest.mark.parametrize("fragment", ["exit-handler-1/load", "exit-handler-1/for-loop-3[0]/evaluate"])
def test_no_script_of_a_user_runs(file: Path, rich: RunDetail, fragment: str) -> None:
    document = dump(file, fragment)
    assert document.one("aside", id="detail").one("h2").text != "The run"
    assert title(document) == f"{rich.record.run_id} · failed"


def test_a_script_that_slipped_in_would_not_run_either(file: Path, rich: RunDetail, tmp_path: Path) -> None:
    attacked = tmp_path / "run.html"
    handler = "<svg onload=\"document.title='taken'\"></svg>"
    attacked.write_text(file.read_text().replace("</main>", f"<script>document.title='taken'</script>{handler}</main>"))
    document = dump(attacked)
    assert len(document.every("script")) == 3
    assert title(document) == f"{rich.record.run_id} · failed"


def title(document: Element) -> str:
    return document.one("head").one("title").text


@pytest.mark.parametrize("fragment", ["%E0%A4%A", "__proto__"])
def test_an_address_that_names_nothing_shows_the_run(file: Path, fragment: str) -> None:
    assert dump(file, fragment).one("aside", id="detail").one("h2").text == "The run"


def acted(file: Path, folder: Path, script: str) -> Element:
    """The page after somebody used it: a copy whose policy lets a script of the test do so."""
    copy = folder / "acted.html"
    text = file.read_text()
    policy = re.search(r'<meta http-equiv="Content-Security-Policy"[^>]*>', text)
    assert policy is not None
    copy.write_text(text.replace(policy[0], "").replace("</body>", f"<script>{script}</script></body>"))
    return dump(copy)


def test_groups_fold_and_unfold(file: Path, tmp_path: Path) -> None:
    document = acted(file, tmp_path, "document.querySelector('[data-path=\"exit-handler-1/training\"] .fold').click()")
    group = box(document, "exit-handler-1/training")
    assert group.one("button", class_="fold").attributes["aria-expanded"] == "false"
    assert "hidden" in group.one("div", class_="inside").attributes
    assert "hidden" not in box(document, "exit-handler-1").every("div", class_="inside")[0].attributes
    document = acted(file, tmp_path, "fold.click(); unfold.click(); fold.click()")
    assert all("hidden" in inside.attributes for inside in document.every("div", class_="inside"))


def test_squares_and_arrow_keys_turn_a_loop(file: Path, tmp_path: Path) -> None:
    script = """
        document.querySelectorAll('.cell')[0].click();
        const key = new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true });
        document.querySelector('.cell[aria-pressed=true]').dispatchEvent(key);
    """
    document = acted(file, tmp_path, script)
    assert note(document, "exit-handler-1/for-loop-3") == "here [1] of 4"
    assert told(document, "exit-handler-1/for-loop-3/evaluate") == "succeeded"
    assert "exit-handler-1/for-loop-3[1]" in document.one("aside", id="detail").text


def test_a_picked_task_is_left_with_escape(file: Path, tmp_path: Path) -> None:
    pick = "document.querySelector('[data-path=tidy] .pick').click();"
    assert acted(file, tmp_path, pick).one("aside", id="detail").one("h2").text == "tidy"
    escape = "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));"
    assert acted(file, tmp_path, pick + escape).one("aside", id="detail").one("h2").text == "The run"


def test_steps_are_found_by_name_and_state(file: Path, tmp_path: Path) -> None:
    script = """
        search.value = 'FIT';
        search.dispatchEvent(new Event('input'));
        document.querySelector('[data-filter=succeeded]').click();
    """
    rows = acted(file, tmp_path, script).one("table", class_="steps").one("tbody").every("tr")
    shown = [row.every("button")[0].text for row in rows if "hidden" not in row.attributes]
    assert shown == [
        "exit-handler-1/for-loop-3[0]/fit",
        "exit-handler-1/for-loop-3[1]/fit",
        "exit-handler-1/for-loop-3[3]/fit",
        "exit-handler-1/training/fit",
    ]


def test_a_narrow_window_is_not_wider_than_it_is(file: Path) -> None:
    document = dump(file, width=500)
    svg = box(document, "exit-handler-1").every("svg", class_="edges")[0]
    assert float(svg.attributes["width"]) < 500


def test_a_picture_of_it_is_not_blank(file: Path, tmp_path: Path) -> None:
    assert len(picture(file, tmp_path / "page.png")) > 40_000
