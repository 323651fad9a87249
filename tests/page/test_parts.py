"""The parts of a page, each by itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfbridge.page.figures import confusion_matrix, figures
from kfbridge.page.files import Files
from kfbridge.page.graph import drawing
from kfbridge.page.layers import layers
from kfbridge.page.markdown import render
from kfbridge.page.markup import element, join, text
from kfbridge.page.metrics import Matrix, area, classifications, scalars
from kfbridge.page.moment import duration
from kfbridge.page.values import value
from kfbridge.runs.paths import RunPaths
from kfbridge.runs.store import RunStore
from kfbridge.runs.task import AttemptRecord
from tests.engine.build import dag, pipeline, step, task

# Markup -----------------------------------------------------------------------------------------------


def test_text_and_attributes_are_escaped_and_markup_is_not() -> None:
    made = element("p", "<b> & ", element("b", "bold"), class_="a\"b'<", data_path="x", hidden=True, title=None)
    assert made == ('<p class="a&quot;b&#x27;&lt;" data-path="x" hidden>&lt;b&gt; &amp; <b>bold</b></p>')
    assert join("<", None, ["a", [1, element("br")]]) == "&lt;a1<br>"


def test_what_html_cannot_hold_is_replaced() -> None:
    assert text("a\0b\x1b[31m\ud800\tc\n") == "a\ufffdb\ufffd[31m\ufffd\tc\n"


@given(st.text())
def test_no_text_becomes_a_tag_or_leaves_its_attribute(anything: str) -> None:
    assert re.findall(r"<(/?\w+)", element("p", anything, title=anything)) == ["p", "/p"]
    assert element("p", title=anything).count('"') == 2


# Layers -----------------------------------------------------------------------------------------------


def test_each_task_stands_below_its_producers() -> None:
    drawn = layers({"a": (), "b": ("a",), "c": ("a", "b"), "d": ()})
    assert [set(row) for row in drawn.rows] == [{"a", "d"}, {"b"}, {"c"}]


def test_an_edge_that_a_longer_way_implies_is_not_drawn() -> None:
    assert layers({"a": (), "b": ("a",), "c": ("a", "b")}).edges == (("a", "b"), ("b", "c"))


def test_tasks_stand_near_what_they_are_joined_with() -> None:
    drawn = layers({"a": (), "b": (), "c": (), "z": ("a",), "y": ("b",), "x": ("c",)})
    assert drawn.rows == (("a", "b", "c"), ("z", "y", "x"))


def test_numbers_in_names_count_as_numbers() -> None:
    assert layers({"step-10": (), "step-2": (), "step": (), "step-1": ()}).rows == (
        ("step", "step-1", "step-2", "step-10"),
    )


@given(st.lists(st.sets(st.integers(0, 20), max_size=4), max_size=20))
def test_every_edge_goes_down_and_what_is_left_out_is_implied(wanted: list[set[int]]) -> None:
    producers = {str(at): tuple(sorted(str(one % at) for one in ones)) if at else () for at, ones in enumerate(wanted)}
    producers = {name: tuple(dict.fromkeys(found)) for name, found in producers.items()}
    drawn = layers(producers)
    row = {name: number for number, names in enumerate(drawn.rows) for name in names}
    assert row.keys() == producers.keys()
    reached: dict[str, set[str]] = {}
    for name in producers:
        direct = {one for one, other in drawn.edges if other == name}
        assert all(row[one] < row[name] for one in direct)
        reached[name] = direct.union(*(reached[one] for one in direct))
        assert set(producers[name]) <= reached[name]


# Metrics ----------------------------------------------------------------------------------------------

ROC = [
    {"confidenceThreshold": 1, "falsePositiveRate": 0.0, "recall": 0.0},
    {"confidenceThreshold": 0.5, "falsePositiveRate": 0.0, "recall": 1.0},
    {"confidenceThreshold": 0, "falsePositiveRate": 1.0, "recall": 1.0},
]
CONFUSION = {
    "annotationSpecs": [{"displayName": "no"}, {"displayName": "yes"}],
    "rows": [{"row": [9, 1]}, {"row": [2, 8]}],
}


def test_kfps_metadata_become_curves_and_matrices() -> None:
    [found] = classifications({"confidenceMetrics": ROC, "confusionMatrix": CONFUSION})
    assert area(found.curve) == 1.0
    assert found.matrix == Matrix(("no", "yes"), ((9.0, 1.0), (2.0, 8.0)))


def test_the_area_under_a_part_of_a_curve_counts_its_ends() -> None:
    [found] = classifications({"confidenceMetrics": [{"falsePositiveRate": 0.5, "recall": 0.5}]})
    assert area(found.curve) == 0.5


def test_slices_have_figures_of_their_own() -> None:
    sliced = {"evaluationSlices": [{"slice": "young", "sliceClassificationMetrics": {"confusionMatrix": CONFUSION}}]}
    [figure] = figures(classifications(sliced), "evaluate")
    assert "evaluate · young" in figure


def test_a_matrix_tells_each_count_and_its_share() -> None:
    drawn = confusion_matrix(Matrix(("no", "yes"), ((9.0, 1.0), (2.0, 8.0))), "m")
    assert "<title>yes, predicted as no: 2 (20.0% of yes)</title>" in drawn


JUNK = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "confidenceMetrics",
                    "confusionMatrix",
                    "annotationSpecs",
                    "displayName",
                    "rows",
                    "row",
                    "recall",
                    "falsePositiveRate",
                    "evaluationSlices",
                    "slice",
                    "sliceClassificationMetrics",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@given(st.dictionaries(st.sampled_from(["confidenceMetrics", "confusionMatrix", "evaluationSlices"]), JUNK))
def test_no_metadata_break_the_page(metadata: dict[str, Any]) -> None:
    for figure in figures(classifications(metadata), "m"):
        assert "nan" not in figure
    assert scalars(metadata) == {}


# Markdown ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("# Title #", "<h4>Title</h4>"),
        ("one\ntwo\n\nthree", "<p>one\ntwo</p><p>three</p>"),
        ("- a\n- b\n  more", "<ul><li>a</li><li>b\nmore</li></ul>"),
        ("1. a\n2) b", "<ol><li>a</li><li>b</li></ol>"),
        ("```python\n<b>\n```\nend", "<pre><code>&lt;b&gt;</code></pre><p>end</p>"),
        ("**a** *b* _c_ `<d>`", "<p><strong>a</strong> <em>b</em> <em>c</em> <code>&lt;d&gt;</code></p>"),
        ("snake_case_name 2 * 3 * 4", "<p>snake_case_name 2 * 3 * 4</p>"),
        ("---", "<hr>"),
        (
            "|a|b|\n|-|:-:|\n|1|**2**|",
            "<table><thead><tr><th>a</th><th>b</th></tr></thead>"
            "<tbody><tr><td>1</td><td><strong>2</strong></td></tr></tbody></table>",
        ),
        ("[x](javascript:alert)", "<p>[x](javascript:alert)</p>"),
        ("![x](http://a/b.png)", "<p>![x](http://a/b.png)</p>"),
        ("<script>", "<p>&lt;script&gt;</p>"),
    ],
)
def test_markdown(source: str, expected: str) -> None:
    assert render(source) == expected


def test_a_link_tells_nobody_where_it_came_from() -> None:
    assert render('[x](https://a.b/?c="d)') == (
        '<p><a href="https://a.b/?c=&quot;d" rel="noreferrer noopener" target="_blank">x</a></p>'
    )


@given(st.text(alphabet="a*_`[](){}<>|#- \n!&\"'", max_size=60))
def test_any_markdown_is_rendered_with_known_tags_only(source: str) -> None:
    known = {"h4", "h5", "h6", "p", "ul", "ol", "li", "pre", "code", "strong", "em", "hr", "a"}
    known |= {"table", "thead", "tbody", "tr", "th", "td"}
    assert set(re.findall(r"</?(\w+)", render(source))) <= known


@pytest.mark.parametrize("sign", ["*", "_", "`", "[", "|", "- ", "#", "**a", "[a](", "1. "])
def test_hostile_markdown_takes_no_time(sign: str) -> None:
    render(sign * 20_000)


# Files ------------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path) -> RunPaths:
    (tmp_path / "runs" / "iris-1").mkdir(parents=True)
    return RunPaths(tmp_path / "runs" / "iris-1")


def attempt(log: str, state: str = "failed") -> AttemptRecord:
    return AttemptRecord(1, state, log=log)


def test_the_end_of_a_log_begins_with_a_whole_line_and_has_no_colours(run: RunPaths) -> None:
    (run.folder / "log.txt").write_text("".join(f"\x1b[32mline {number}\x1b[0m\r\n" for number in range(9999)))
    tail = Files(run, RunStore(run.folder.parent)).tail(attempt("log.txt"))
    assert tail is not None
    assert not tail.whole
    assert tail.text.splitlines()[0].startswith("line ")
    assert tail.text.endswith("line 9998")
    assert len(tail.text) < 17_000


def test_a_record_cannot_name_files_outside_of_the_artifact_root(run: RunPaths, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (run.folder / "link").symlink_to(tmp_path / "secret")
    files = Files(run, RunStore(run.folder.parent))
    for place in ("../../secret", str(tmp_path / "secret"), "link"):
        assert files.tail(attempt(place)) is None
        assert files.report(str(run.folder / place)) is None
    assert files.report(f"file://{tmp_path}/secret") is None
    assert files.report("s3://bucket/secret") is None


def test_a_page_shows_so_many_logs_and_no_more(run: RunPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kfbridge.page.files._ALL_TAILS", 200)
    (run.folder / "log.txt").write_text("x" * 100)
    files = Files(run, RunStore(run.folder.parent))
    shown = [files.tail(attempt("log.txt", "succeeded")) for _ in range(3)]
    assert [tail is not None for tail in shown] == [True, True, False]
    assert files.tail(attempt("log.txt", "failed")) is not None


# Values -----------------------------------------------------------------------------------------------


def test_short_values_stand_in_the_line_and_long_ones_are_folded() -> None:
    assert value(3) == '<code class="value">3</code>'
    assert value("") == '<code class="value">&quot;&quot;</code>'
    assert value({"a": [1, None]}) == '<code class="value">{&quot;a&quot;: [1, null]}</code>'
    assert value("<b>\n" * 100).startswith('<details class="long"><summary><code>&lt;b&gt; ')
    assert "80,000 characters more" in value("x" * 100_000)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.04, "0.0 s"), (42, "42 s"), (187, "3:07 min"), (3723, "1:02:03 h"), (None, "")]
)
def test_durations(seconds: float | None, shown: str) -> None:
    assert duration(0.0, seconds) == shown


# The drawing ------------------------------------------------------------------------------------------


def test_a_pipeline_may_nest_as_deeply_as_it_likes() -> None:
    inner = step()
    for _ in range(400):
        inner = dag(task("t", inner))
    assert drawing(pipeline(task("t", inner))).count('class="box') == 401
