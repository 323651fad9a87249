"""Writes docs/conformance.md from the expectations: ``python -m tests.corpus.table``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.corpus.expectation import Expectation, expectations
from tests.corpus.notyet import NOTYET

PAGE = Path(__file__).resolve().parents[2] / "docs" / "conformance.md"

KFP_LOCAL = 49
"""How many of the same files KFP's own local runner (kfp 2.17, SubprocessRunner) passes offline."""

INTRODUCTION = """\
# Conformance

What becomes of the {total} compiled pipelines of KFP's own test data (`test_data/sdk_compiled_pipelines` and the
snapshots of kfp-kubernetes, at one commit) when this machine runs them offline:

    PIP_NO_INDEX=1 kfbridge run FILE.yaml --containers host

A pipeline passes when the run ends as it must, exactly the right steps run and are skipped, and the values are the
right ones: outputs, artifacts with their contents and metadata, printed lines, order, attempts. What is right was
written down by reading each pipeline (`tests/corpus/expectations`), and `tests/corpus/test_corpus_runs.py` compares.
`python -m tests.corpus.table` writes this page.
"""


def page() -> str:
    """The page as it should be."""
    found = expectations()
    return "\n".join([INTRODUCTION.format(total=len(found)), *_counts(), "", *_rows(), ""])


def _counts() -> Iterator[str]:
    outcomes = [outcome(name, expected) for name, expected in expectations().items()]
    yield "| outcome | files |"
    yield "| --- | --- |"
    yield f"| passes | {outcomes.count('passes')} |"
    if NOTYET:
        yield f"| not yet | {outcomes.count('not yet')} |"
    yield f"| cannot run offline | {outcomes.count('cannot')} |"
    yield f"| KFP's own local runner, for comparison: passes | {KFP_LOCAL} |"


def _rows() -> Iterator[str]:
    yield "| file | outcome | how, or why not |"
    yield "| --- | --- | --- |"
    for name, expected in expectations().items():
        yield f"| `{name}` | {outcome(name, expected)} | {remark(name, expected)} |"


def outcome(name: str, expected: Expectation) -> str:
    """One word or two: ``passes``, ``not yet`` or ``cannot``."""
    return "not yet" if name in NOTYET else "cannot" if expected.cannot else "passes"


def remark(name: str, expected: Expectation) -> str:
    """What the run comes to, or why there is none."""
    if name in NOTYET:
        return f"missing: {NOTYET[name]}"
    if expected.cannot:
        answer = "nothing is started" if expected.state == "refused" else "the step fails and says so"
        return "; ".join([expected.cannot, answer, *_otherwise(expected)])
    return "; ".join(_facts(expected))


def _otherwise(expected: Expectation) -> Iterator[str]:
    """Where else it passes."""
    if expected.with_index:
        yield "with an index it passes"
    if expected.with_stand_in:
        yield f"with a stand-in for {', '.join(expected.with_stand_in.stand_ins)} it passes"


def _facts(expected: Expectation) -> Iterator[str]:
    if expected.drawn:
        yield "succeeds; the numbers that it draws decide which steps run"
    elif expected.state == "failed":
        failed = [path for path, said in expected.steps.items() if said.get("state") == "failed"]
        yield f"fails, as it must, in {', '.join(f'`{path}`' for path in failed)}"
        yield f"{_number(len(expected.steps) - len(failed), 'other step')} {_run(len(expected.steps) - len(failed))}"
    else:
        yield f"{_number(len(expected.steps), 'step')} {_run(len(expected.steps))}"
    if expected.skipped:
        yield f"{_number(len(expected.skipped), 'group')} skipped"
    if expected.cached_next_time:
        yield f"a second run takes {len(expected.cached_next_time)} from the cache"
    if expected.also:
        yield f"also with {_number(len(expected.also), 'other set')} of arguments"
    if expected.programs:
        yield f"uses {', '.join(expected.programs)} of this machine"
    if expected.mounts:
        yield "on Linux, where folders are mounted for the step alone"
    if expected.minutes:
        yield f"takes {expected.minutes} min, so it is tested on request only"


def _number(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


def _run(count: int) -> str:
    return "runs" if count == 1 else "run"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
