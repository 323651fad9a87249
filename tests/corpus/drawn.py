"""What follows from the random numbers that some pipelines of the corpus draw.

Each function is handed the outcome of a run, reads from it what was drawn, and says what the rest must then be.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.corpus.expectation import Expectation, spread
from tests.corpus.running import Outcome

Rule = Callable[[Outcome], Expectation]


def expectation_of(name: str, found: Outcome) -> Expectation:
    """What must be, given what was drawn."""
    return RULES[name](found)


def _expected(steps: Mapping[str, Any], skipped: tuple[str, ...] = (), **others: Any) -> Expectation:
    return dataclasses.replace(Expectation(steps=spread(steps), skipped=frozenset(skipped)), **others)


def _drawn(found: Outcome, step: str, possible: Any) -> Any:
    value = found.output(step)
    assert value in possible, f"{step} gave {value!r}"
    return value


def metrics(found: Outcome) -> Expectation:
    """Three steps that each log a number of at most 100 under the same name."""
    accuracies = range(101)
    steps = {}
    for step in ("output-metrics", "for-loop-2[0]/output-metrics-2", "for-loop-2[1]/output-metrics-2"):
        metadata = found.output(step, "metrics")["metadata"]
        assert set(metadata) == {"accuracy"} and metadata["accuracy"] in accuracies
        steps[step] = {"metrics": {"type": "system.Metrics"}}
    return _expected(steps)


def nested_conditions(found: Outcome) -> Expectation:
    """A condition that always holds, and one in it that holds where two coins agree."""
    coins = ("heads", "tails")
    first, second, third = (
        _drawn(found, step, coins) for step in ("flip-coin-op", "flip-coin-op-2", "condition-1/flip-coin-op-3")
    )
    steps: dict[str, Any] = {
        "flip-coin-op": {"Output": first},
        "flip-coin-op-2": {"Output": second},
        "print-op": {"prints": first},
        "print-op-2": {"prints": second},
        "condition-1/flip-coin-op-3": {"Output": third},
        "condition-1/print-op-3": {"prints": third},
    }
    if second != third:
        return _expected(steps, ("condition-1/condition-2",))
    fourth = _drawn(found, "condition-1/condition-2/flip-coin-op-4", coins)
    steps["condition-1/condition-2/flip-coin-op-4"] = {"Output": fourth}
    steps["condition-1/condition-2/print-op-4"] = {"prints": fourth}
    return _expected(steps)


def three_sided_die(found: Outcome) -> Expectation:
    """One branch of three, and what it gave."""
    inside = "roll-die-pipeline/condition-branches-1"
    branches = {
        "heads": ("condition-2", "print-and-return", "Output", "Got heads!"),
        "tails": ("condition-3", "print-and-return-2", "Output", "Got tails!"),
        "draw": ("condition-4", "special-print-and-return", "output_key", "Draw!"),
    }
    side = _drawn(found, "roll-die-pipeline/flip-three-sided-die", branches)
    condition, step, output, text = branches[side]
    steps = {
        "roll-die-pipeline/flip-three-sided-die": {"Output": side},
        f"{inside}/{condition}/{step}": {output: text},
        "print-and-return": {"Output": text, "prints": text},
    }
    skipped = tuple(f"{inside}/{other}" for other, *_ in branches.values() if other != condition)
    return _expected(steps, skipped, outputs={"Output": text})


def lucky_number(found: Outcome) -> Expectation:
    """Three trials with a number each; a drum roll in the third; one branch for low, high and 5000 each."""
    numbers = [_drawn(found, f"for-loop-1[{trial}]/int-0-to-9999", range(10_000)) for trial in range(3)]
    steps: dict[str, Any] = {"print-ints": {"prints": str(numbers)}}
    skipped: list[str] = []
    for trial, number in enumerate(numbers):
        place = f"for-loop-1[{trial}]"
        steps[f"{place}/int-0-to-9999"] = {"Output": number}
        if trial == 2:
            text = "Adding drumroll on last trial!"
            steps[f"{place}/condition-2/condition-3/print-and-return"] = {"Output": text}
        else:
            skipped.append(f"{place}/condition-2/condition-3")
        more, others = _announcement(f"{place}/condition-branches-4", number)
        steps.update(more)
        skipped.extend(others)
    return _expected(steps, tuple(skipped))


def _announcement(place: str, number: int) -> tuple[dict[str, Any], list[str]]:
    """What the branches of one trial do: the steps, and the branches that are skipped."""
    low, high, lucky = f"{place}/condition-8", f"{place}/condition-9", f"{place}/condition-13"
    if number == 5000:
        text = "Got the lucky number 5000! A one in 10,000 chance."
        again = {"Output": f"Announcing again: {text}"}
        steps: dict[str, Any] = {
            f"{lucky}/print-and-return-8": {"Output": f"Announcing: {text}"},
            f"{lucky}/condition-14/for-loop-16[0]/print-and-return-9": again,
            f"{lucky}/condition-14/for-loop-16[1]/print-and-return-9": again,
        }
        return steps, [low, high]
    parity = "odd" if number % 2 else "even"
    if number < 5000:
        taken, left, size, inner = low, high, "low", "condition-branches-5"
        asks, says = "is-even-or-odd", "print-and-return-4"
        branches = {"even": ("condition-6", "print-and-return-2"), "odd": ("condition-7", "print-and-return-3")}
    else:
        taken, left, size, inner = high, low, "high", "condition-branches-10"
        asks, says = "is-even-or-odd-2", "print-and-return-7"
        branches = {"even": ("condition-11", "print-and-return-5"), "odd": ("condition-12", "print-and-return-6")}
    text = f"Got a {size} {parity} number!"
    (condition, step), (other, _) = branches[parity], branches["even" if parity == "odd" else "odd"]
    steps = {
        f"{taken}/{asks}": {"Output": parity},
        f"{taken}/{inner}/{condition}/{step}": {"Output": text},
        f"{taken}/{says}": {"Output": text},
    }
    return steps, [left, lucky, f"{taken}/{inner}/{other}"]


def loops_and_conditions(found: Outcome) -> Expectation:
    """Loops in conditions in loops; a coin decides about one condition in each iteration."""
    coin = _drawn(found, "flip-coin-op", ("heads", "tails"))
    generated = [{"A_a": "1", "B_b": ["2", "20"]}, {"A_a": "10", "B_b": ["22", "222"]}]
    given = [{"A_a": "heads", "B_b": ["A", "B"]}, {"A_a": "tails", "B_b": ["X", "Y", "Z"]}]
    steps: dict[str, Any] = {
        "flip-coin-op": {"Output": coin},
        "args-generator-op": {"Output": generated},
        "condition-1/args-generator-op-2": {"Output": generated},
        "for-loop-14[0]/condition-15/for-loop-16[*]/print-text-9": [
            {"prints": "msg: A, msg2: None"},
            {"prints": "msg: B, msg2: None"},
        ],
    }
    skipped = ["for-loop-14[1]/condition-15"]
    for index, item in enumerate(generated):
        place = f"condition-1/for-loop-2[{index}]"
        skipped += [f"{place}/condition-3", f"{place}/condition-5"]  # of heads and tails there is none generated
        skipped.append(f"{place}/for-loop-12[1]/condition-13")
        steps.update(_iteration(place, item, given, generated))
        if coin == "heads":
            steps[f"{place}/condition-4/print-text-3"] = {"prints": f"msg: {_json(item['B_b'])}, msg2: None"}
        else:
            skipped.append(f"{place}/condition-4")
    return _expected(steps, tuple(skipped))


def _iteration(place: str, item: Any, given: list[Any], generated: list[Any]) -> dict[str, Any]:
    """The steps of one iteration that no coin decides about."""
    steps: dict[str, Any] = {
        f"{place}/print-text": {"prints": "msg: hello, msg2: None"},
        f"{place}/for-loop-8[*]/print-text-4": [{"prints": f"msg: {text}, msg2: None"} for text in item["B_b"]],
        f"{place}/for-loop-12[*]/print-text-7": [{"prints": f"msg: {text}, msg2: None"} for text in ("1", "2")],
        f"{place}/for-loop-12[0]/condition-13/print-text-8": {"prints": "msg: 1, msg2: None"},
    }
    for outer, one in enumerate(given):
        steps[f"{place}/for-loop-9[{outer}]/print-text-5"] = {"prints": f"msg: {_json(one)}, msg2: None"}
        steps[f"{place}/for-loop-9[{outer}]/for-loop-10[*]/print-text-6"] = [
            {"prints": f"msg: {_json(one)}, msg2: {other['A_a']}"} for other in generated
        ]
    return steps


def _json(value: Any) -> str:
    """A struct or a list for a step that takes text."""
    return json.dumps(value)


RULES: Mapping[str, Rule] = {
    "essential/pipeline_with_metrics_outputs": metrics,
    "essential/pipeline_with_nested_conditions": nested_conditions,
    "valid/if_elif_else_complex": lucky_number,
    "valid/if_elif_else_with_oneof_parameters": three_sided_die,
    "valid/pipeline_with_loops_and_conditions": loops_and_conditions,
}
