from __future__ import annotations

import io
import time
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfbridge.backends.base import RunStatus, TaskStatus, TransferStatus
from kfbridge.cli.display import Display, Tree, view_for
from kfbridge.cli.display_lines import Lines
from kfbridge.cli.display_screen import Screen
from kfbridge.cli.display_summary import summary, value_text
from kfbridge.cli.display_text import clean, clip, clock, duration, width
from kfbridge.cli.display_transfers import amount, transfer_lines
from kfbridge.cli.display_tree import STATES, Style, tree_lines
from tests.cli.terminal import Terminal

PLAIN = Style(colour=False, unicode=True)


def task(path: str, state: str = "pending", **more: Any) -> TaskStatus:
    return TaskStatus(path.rpartition("/")[2], path, state, **more)


def status(*tasks: TaskStatus, **more: Any) -> RunStatus:
    return RunStatus("hello-1", "hello", "local", more.pop("state", "running"), tasks=tasks, **more)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


# Text ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("a\u200db", 2), ("🎉", 2)])
def test_width_counts_columns(text: str, columns: int) -> None:
    assert width(text) == columns


@given(st.text(), st.integers(0, 20))
def test_clipped_text_fits(text: str, columns: int) -> None:
    assert width(clip(text, columns)) <= columns


def test_clipping_shows_that_something_was_cut() -> None:
    assert clip("abcdef", 4) == "abc…"
    assert clip("日本語", 4) == "日…"
    assert clip("abc", 3) == "abc"


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("10%\r50%\r100%\r", "100%"),
        ("\x1b]0;title\x07text", "text"),
        ("a\tb\x07\x00", "a    b"),
        ("\x1b[2J\x1b[Hhome", "home"),
    ],
)
def test_what_a_step_prints_cannot_move_the_cursor(printed: str, shown: str) -> None:
    assert clean(printed) == shown


def test_durations_are_short() -> None:
    assert [duration(seconds) for seconds in (0.04, 9.9, 9.96, 59.7, 187, 3723)] == [
        "0.0 s",
        "9.9 s",
        "10 s",
        "1:00 min",
        "3:07 min",
        "1:02:03 h",
    ]


# The tree --------------------------------------------------------------------------------------------


def test_the_tree_shows_groups_states_times_and_progress() -> None:
    lines = tree_lines(
        status(
            task("load", "succeeded", started=10.0, ended=12.0, attempts=1),
            task("clean", "succeeded", cached=True),
            task("for-loop-1[0]/train", "failed", started=12.0, ended=13.0, attempts=2, error="It broke.\n  Fix it."),
            task("for-loop-1[1]/train", "running", started=12.0, attempts=1),
            task("deploy"),
            created=10.0,
        ),
        now=20.0,
        rows=20,
        columns=80,
        style=PLAIN,
    )
    assert lines == [
        " ✓ load  2.0 s",
        " ✓ clean  cached",
        " ✗ for-loop-1  1/2",
        "   ✗ [0] train  1.0 s, attempt 2, It broke.",
        "   ● [1] train  8.0 s",
        " ○ deploy",
        " " + "━" * 14 + "─" * 10 + " 3/5 tasks, 1 running, 1 failed, 10 s",
    ]


def test_a_tree_that_does_not_fit_keeps_what_fails_and_what_runs_and_counts_the_rest() -> None:
    tasks = [task(f"loop[{number}]/step", "succeeded") for number in range(500)]
    tasks[300] = task("loop[300]/step", "failed")
    tasks[400] = task("loop[400]/step", "running")
    lines = tree_lines(status(*tasks), 0.0, rows=9, columns=60, style=PLAIN)
    assert len(lines) <= 9
    text = "\n".join(lines)
    assert "✗ [300] step" in text
    assert "● [400] step" in text
    assert "succeeded more" in text


def test_finished_groups_fold_before_anything_is_left_out() -> None:
    tasks = [task(f"loop[{number}]/step", "succeeded") for number in range(50)]
    lines = tree_lines(status(*tasks, task("next", "running")), 0.0, rows=10, columns=60, style=PLAIN)
    assert lines[:2] == [" ✓ loop  50/50", " ● next"]


paths = st.lists(st.sampled_from(["a", "b", "loop[0]", "loop[1]", "日本"]), min_size=1, max_size=4).map("/".join)


@settings(max_examples=60)
@given(st.dictionaries(paths, st.sampled_from(STATES), max_size=40), st.integers(2, 12), st.integers(10, 60))
def test_any_tree_fits_into_any_terminal(states: dict[str, str], rows: int, columns: int) -> None:
    tasks = [task(path, state) for path, state in states.items()]
    lines = tree_lines(status(*tasks), 0.0, rows, columns, PLAIN)
    assert len(lines) <= rows
    assert max(map(width, lines)) <= columns


def test_without_unicode_the_tree_is_ascii() -> None:
    lines = tree_lines(status(*(task(state, state) for state in STATES)), 0, 20, 80, Style(False, unicode=False))
    assert "".join(lines).isascii()


# The screen ------------------------------------------------------------------------------------------


def test_only_changed_lines_are_written_again(terminal: Terminal) -> None:
    screen = Screen(terminal)  # type: ignore[arg-type]
    screen.draw(["one", "two", "three"])
    before = terminal.written
    screen.draw(["one", "2", "three"])
    assert terminal.lines == ["one", "2", "three", ""]
    assert terminal.written - before < len("\x1b[3F\x1b[2K") + 6
    screen.draw(["one"])
    assert terminal.lines == ["one", ""]
    screen.draw(["one", "more"])
    assert terminal.lines == ["one", "more", ""]


def test_text_above_scrolls_away_and_stays(terminal: Terminal) -> None:
    screen = Screen(terminal)  # type: ignore[arg-type]
    screen.draw(["tree"])
    screen.draw(["tree"], above=["step | hello", "step | again"])
    assert terminal.lines == ["step | hello", "step | again", "tree", ""]
    assert not terminal.cursor
    screen.close()
    assert terminal.cursor


# Views -----------------------------------------------------------------------------------------------


def test_the_view_fits_the_stream(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(view_for(terminal), Tree)  # type: ignore[arg-type]
    assert isinstance(view_for(io.StringIO()), Lines)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(view_for(terminal), Lines)  # type: ignore[arg-type]


def test_plain_lines_tell_each_change_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    lines = Lines(stream)
    begun = status(task("a", "running", started=1.0, attempts=1), task("b"))
    ended = status(
        task("a", "succeeded", started=1.0, ended=3.5, attempts=1),
        task("b", "failed", started=2.0, ended=3.0, attempts=2, error="It broke."),
        task("c", "skipped", error="'b' failed"),
        task("d", "succeeded", cached=True, ended=3.0),
    )
    lines.show(begun, [("a", "hello")], 2.0)
    lines.show(begun, [], 2.5)
    lines.show(ended, [], 4.0)
    assert stream.getvalue().splitlines() == [
        f"{clock(1.0)} a started",
        "a | hello",
        f"{clock(3.0)} b failed in 1.0 s: It broke.",
        f"{clock(3.0)} d succeeded, from the cache",
        f"{clock(3.5)} a succeeded in 2.5 s",
        f"{clock(4.0)} c skipped: 'b' failed",
    ]


def test_a_step_that_its_platform_holds_back_says_why_once() -> None:
    stream = io.StringIO()
    lines = Lines(stream)
    for error in (
        None,
        "no node takes its pod: 1 Insufficient cpu.",
        "no node takes its pod: 1 Insufficient cpu.",
        None,
    ):
        lines.show(status(task("a", "running", started=1.0, attempts=1, error=error)), [], 5.0)
    assert stream.getvalue().splitlines() == [
        f"{clock(1.0)} a started",
        f"{clock(1.0)} a waits: no node takes its pod: 1 Insufficient cpu.",
        f"{clock(1.0)} a started",
    ]


def test_the_display_shows_the_last_state_and_the_last_words() -> None:
    stream = io.StringIO()
    with Display(Lines(stream)) as display:
        display.follow(iter([("a", "first"), ("a", "last")]))
        display.update(status(task("a", "succeeded")))
    assert "a | first\na | last\n" in stream.getvalue()
    assert "a succeeded" in stream.getvalue()


def test_steps_that_print_without_end_do_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kfbridge.cli.display.PATIENCE", 0.2)
    stream = io.StringIO()
    with Display(Lines(stream)) as display:
        display.update(status(task("a", "succeeded")))
        display.follow(("a", "more") for _ in iter(int, 1))
        begin = time.monotonic()
    assert time.monotonic() - begin < 5
    assert stream.getvalue().endswith("... | there is more: kfbridge logs hello-1\n")


def test_a_display_that_nobody_reads_does_not_end_the_run() -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with Display(Lines(Closed())) as display:
        display.update(status(task("a", "running")))
        time.sleep(0.25)


def test_the_display_of_many_tasks_is_fast() -> None:
    tasks = [task(f"loop[{number}]/step", "succeeded" if number < 4000 else "pending") for number in range(5000)]
    begin = time.process_time()
    tree_lines(status(*tasks), 0.0, rows=30, columns=80, style=PLAIN)
    assert time.process_time() - begin < 1.0


# The summary -----------------------------------------------------------------------------------------


def test_the_summary_shows_outputs_metrics_failures_and_the_place() -> None:
    metrics = {"uri": "/m", "type": "system.Metrics", "metadata": {"accuracy": 0.97356789, "name": "x"}}
    curve = {"uri": "/c", "type": "system.ClassificationMetrics", "metadata": {"confidenceMetrics": [{}, {}]}}
    done = status(
        task("evaluate", "succeeded", outputs={"metrics": metrics, "curve": curve, "n": 3}),
        task("train", "failed", error="ValueError: no\n  Look at /log"),
        state="failed",
        outputs={"sum": 5, "text": "a\nb", "model": {"uri": "/model", "type": "system.Model"}},
        created=1.0,
        ended=4.0,
        place="/runs/hello-1",
    )
    assert summary(done) == [
        "hello-1 failed in 3.0 s (1 failed, 1 succeeded)",
        "  outputs:",
        "    sum = 5",
        "    text = a\\nb",
        "    model = /model",
        "  metrics:",
        "    evaluate metrics: accuracy 0.973568, name x",
        "    evaluate curve: ROC curve of 2 points",
        "  failed:",
        "    train: ValueError: no",
        "      Look at /log",
        "  kept in /runs/hello-1",
    ]


def test_a_run_that_failed_without_a_task_says_why() -> None:
    assert summary(status(state="failed", error="kfbridge ended before the run did"))[1:] == [
        "  failed:",
        "    kfbridge ended before the run did",
    ]


def test_values_are_shown_on_one_line() -> None:
    assert [value_text(value) for value in (1, True, None, [1], "é\n", 2**70)] == [
        "1",
        "true",
        "null",
        "[1]",
        "é\\n",
        str(2**70),
    ]


def test_long_lists_of_failures_are_cut() -> None:
    tasks = [task(f"t{number}", "failed", error="no") for number in range(50)]
    lines = summary(status(*tasks, state="failed"))
    assert Counter("t" in line for line in lines)[True] < 30
    assert lines[-1] == "    ... and 30 more"


# Transfers -------------------------------------------------------------------------------------------


def test_a_transfer_says_files_and_bytes_of_how_many() -> None:
    tree = TransferStatus("train/model", True, 12, 34_100_000, 1000, 256_000_000)
    file = TransferStatus("s3://b/x.csv", False, 0, 900, 1, 1800)
    assert transfer_lines([tree, file, TransferStatus("a", False)], 79, PLAIN) == [
        " ↑ train/model  12 of 1,000 files, 34 MB of 256 MB, 13 %",
        " ↓ s3://b/x.csv  900 B of 1.8 kB, 50 %",
        " ↓ a  begins",
    ]
    assert transfer_lines([TransferStatus("a", True, 1, 0, 2, 0)], 79, Style(colour=False, unicode=False)) == [
        " sent a  1 of 2 files, 0 B of 0 B"
    ]


@given(st.text(), st.integers(10, 200), st.integers(0, 2**50))
def test_a_transfer_fits_into_its_line(what: str, columns: int, size: int) -> None:
    [line] = transfer_lines([TransferStatus(what, True, 1, size // 3, 3, size)], columns, PLAIN)
    assert width(line) <= columns
    assert amount(size)


def test_many_transfers_are_summed_up() -> None:
    lines = transfer_lines([TransferStatus(f"t{n}", True) for n in range(9)], 79, PLAIN)
    assert [line.split()[1] for line in lines] == ["t0", "t1", "t2", "t3", "5"]
    assert lines[-1] == " … 5 more transfers"


def test_transfers_stand_above_the_progress_on_a_terminal_and_nowhere_else(terminal: Terminal) -> None:
    moving = [TransferStatus("train/model", True, 1, 1, 2, 2)]
    Tree(terminal, PLAIN).show(status(task("train", "running", started=1.0)), [], 2.0, moving)
    shown = [line for line in terminal.lines if line.strip()]
    assert ["train" in shown[0], "↑ train/model" in shown[1], "0/1 tasks" in shown[2]] == [True] * 3
    stream = io.StringIO()
    Lines(stream).show(status(task("train", "running", started=1.0)), [], 2.0, moving)
    assert "train started" in stream.getvalue()
    assert "model" not in stream.getvalue()


def test_a_display_asks_for_the_transfers_as_long_as_it_draws(terminal: Terminal) -> None:
    with Display(Tree(terminal, PLAIN), lambda: [TransferStatus("train/model", True, 1, 1, 2, 2)]) as display:
        display.update(status(task("train", "running", started=1.0)))
        deadline = time.monotonic() + 10
        while not any("1 of 2 files" in line for line in terminal.lines):
            assert time.monotonic() < deadline
            time.sleep(0.02)
