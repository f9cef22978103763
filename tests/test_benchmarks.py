"""The registry of benchmarks: what it holds and keeps, how it measures, what the docs claim."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from amopt.mdp import MarkovDecisionProcess

ROOT = Path(__file__).parent.parent
HERE = ROOT / "benchmarks"


@pytest.fixture(scope="module", autouse=True)
def _their_folder() -> Any:
    """Benchmarks import one another as scripts do, from their own folder."""
    sys.path.insert(0, str(HERE))
    yield
    sys.path.remove(str(HERE))


def module(name: str) -> Any:
    return import_module(name)


def test_every_script_and_spec_is_listed_and_says_what_it_measures() -> None:
    registry = module("_registry").registry()
    names = [path.stem for path in HERE.glob("*.py") if path.stem[0] != "_"]
    assert set(names) < set(registry)
    assert len(registry) == len(names) + len(module("_specs").SPECS)
    for one in registry.values():
        assert len(one.what) > 20
        assert "\n" not in one.what


def test_a_spec_has_the_phases_that_it_names_and_every_way_runs() -> None:
    spec = module("_registry").registry()["transfer"]
    assert list(spec.sizes) == ["smoke", "usual", "large"]
    assert list(spec.sizes.values()) == sorted(spec.sizes.values())
    phases = spec.ways(spec.sizes["smoke"])
    assert tuple(phases) == tuple(spec.phases)
    for task in (task for ways in phases.values() for task in ways.values()):
        task()


def test_ways_take_turns_and_the_first_round_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    protocol, registry = module("_protocol"), module("_registry")
    told: list[str] = []
    now = [0.0]
    spent = {"slow": iter([90.0, 4.0, 6.0, 5.0]), "quick": iter([50.0, 2.0, 2.0, 10.0])}
    monkeypatch.setattr(protocol.time, "process_time", lambda: now[0])

    def way(name: str) -> Any:
        def task() -> None:
            told.append(name)
            now[0] += next(spent[name])

        return task

    ways = {"slow": way("slow"), "quick": way("quick")}
    spec = registry.Spec(
        "made up", "for a test", {"smoke": 3}, ("solve",), lambda _: {"solve": ways}
    )
    first, second = protocol.measured(spec, "smoke", 3)
    assert told == ["slow", "quick"] * 4
    assert (first["seconds"], first["ratio"], first["against"]) == (5.0, 1.0, "slow")
    assert second["seconds"] == 2.0
    assert second["ratio"] == 0.5  # the median of 2/4, 2/6 and 10/5, not the ratio of medians
    assert (second["size"], second["of"], second["rounds"]) == ("smoke", 3, 3)


def test_versions_take_turns_and_short_work_is_repeated() -> None:
    told: list[tuple[str, int]] = []

    def turn(name: str, seconds: list[float]) -> Any:
        left = iter(seconds)

        def run(times: int) -> float:
            told.append((name, times))
            return next(left)

        return run

    before = {"work": turn("before", [0.04, 0.01, 0.02, 0.04])}
    after = {"work": turn("after", [0.05, 0.02, 0.01, 0.04])}
    (row,) = module("before_after").rows(before, after, 3)
    assert told[:2] == [("before", 1), ("after", 1)]
    turns = [("before", "after"), ("after", "before"), ("before", "after")]
    assert [name for name, _ in told[2:]] == [name for pair in turns for name in pair]
    assert {times for _, times in told[2:]} == {2}  # a tenth of a second, 0.04 at a time
    assert (row.before, row.after) == (0.02, 0.02)
    assert (row.ratio, row.least, row.most) == (1.0, 0.5, 2.0)


def test_without_another_version_there_is_nothing_to_compare(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["before_after"])
    module("before_after").main()
    assert "nothing to compare" in capsys.readouterr().out


def test_the_memory_of_a_process_is_its_own() -> None:
    """Not that of the process that started it, which ``ru_maxrss`` begins with."""
    words = "import _memory; print(_memory.peak())"
    begins = "import subprocess, sys; x = b'1' * 200_000_000; subprocess.run({}, check=True)"
    child = f"[sys.executable, '-c', {words!r}]"
    run = [sys.executable, "-c", begins.replace("{}", child)]
    said = subprocess.run(run, cwd=HERE, capture_output=True, text=True, check=True).stdout
    assert 2.0 < float(said) < 100.0


def test_a_script_that_fails_or_is_late_is_told(tmp_path: Path) -> None:
    protocol, registry = module("_protocol"), module("_registry")
    path = tmp_path / "wrong.py"
    path.write_text("import sys, time\nprint('begun', flush=True)\ntime.sleep(9)\n", "utf-8")
    late = protocol.run_script(registry.Script("wrong", path), smoke=True, limit=0.5)
    assert late["exit"] == 124
    assert late["said"][0] == "stopped after 0.5 s"
    path.write_text("raise SystemExit(3)\n", encoding="utf-8")
    assert protocol.run_script(registry.Script("wrong", path), smoke=False, limit=9)["exit"] == 3


def test_what_is_kept_is_small_and_the_page_draws_it() -> None:
    page = module("_page")
    kept = page.results()
    assert kept
    for path in page.RESULTS.glob("*.json"):
        assert path.stat().st_size < 100_000
    text = page.markdown(kept)
    for one in kept:
        assert f"## amopt {one['machine']['amopt']}, {one['date']}" in text
        assert one["machine"]["threads"] == 1
        for row in (row for row in one["rows"] if "way" in row):
            line = (
                f"| {row['phase']} | {row['way']} | {row['seconds']:.4g} | {row['ratio']:.3g} | █"
            )
            assert line in text
    assert "_page.markdown(_page.results())" in (ROOT / "docs" / "conf.py").read_text("utf-8")
    assert page.bar(1.0) == 3
    assert page.bar(100.0) == 5
    assert page.bar(1e-9) == page.bar(1e-12) > 0


@pytest.mark.parametrize(
    ("words", "code"),
    [(["list"], 0), (["run", "moses"], 2), (["run", "forms", "--rounds", "0"], 2)],
)
def test_the_commands(
    words: list[str], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main = module("benchmarks.__main__").main
    monkeypatch.setattr(sys, "argv", ["benchmarks", *words])
    if code == 0:
        main()
        assert "phases: build, transfer" in capsys.readouterr().out
        return
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == code


def test_a_run_is_kept_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main = module("benchmarks.__main__").main
    words = ["benchmarks", "run", "--smoke", "transfer", "--out", str(tmp_path / "results")]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    (path,) = (tmp_path / "results").iterdir()
    record = json.loads(path.read_text("utf-8"))
    assert [row["way"] for row in record["rows"]] == 2 * ["arrays", "Pyomo rules"]
    assert {"amopt", "cores", "processor", "versions", "load"} <= set(record["machine"])
    assert str(path) in capsys.readouterr().out


CLAIM = re.compile(
    r"\d[\d.,]*(?: to \d[\d.,]*)? (?:s|ms|seconds|minutes)\b(?! (?:to|after|limit))"
    r"|\btimes (?:as (?:long|fast)|faster|slower)\b|\b(?:milli|micro)seconds\b"
    r"|\b(?:in|within|takes?|than|about|for) (?:an?|one|two|few|four|about a|some|seconds?)\b"
    r"[^.|]{0,12}?\b(?:seconds?|minutes?)\b",
    re.IGNORECASE,
)
"""What sounds like a speed."""

NO_CLAIM = {
    ("architecture.md", "## Laws"),  # a test holds it
    ("command-line.md", "# Command line"),  # a limit of time
    ("outcomes.md", "## Why there is no plan"),  # budgets of time
    ("sourcing.md", "## Reading the answer"),  # a limit of time
    ("sourcing-quotes.md", "## Sources"),  # limits of requests
}


def sections(page: Path) -> list[str]:
    """Return the sections of a page without its code blocks."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.split(r"^(?=#)", text, flags=re.MULTILINE)


def named(text: str, known: set[str]) -> set[str]:
    """Return the benchmarks that a text names."""
    found = re.findall(r"benchmarks[/ ](?:run |page )?(\w+)", text)
    return set(found) & known


def test_each_claim_of_speed_names_the_benchmark_that_measures_it() -> None:
    known = set(module("_registry").scripts()) | {one.name for one in module("_specs").SPECS}
    claims, unnamed, excused = 0, set(), set()
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        if page.name in (
            "findings.md",
            "gallery.md",
            "measured.md",
            "reproduced.md",
        ):  # written by code
            continue
        _, head, *_ = [*sections(page), "", ""]
        for section in sections(page):
            if CLAIM.search(section):
                claims += 1
                at = (page.name, section.partition("\n")[0])
                if at in NO_CLAIM:
                    excused.add(at)
                elif not (named(section, known) or named(head, known)):
                    unnamed.add(at)
    assert unnamed == set()
    assert excused == NO_CLAIM
    assert claims > 15


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("solved in 0.3 s", True),
        ("takes about a second", True),
        ("twice the size", False),
        ("200 times as long", True),
        ("a lead time of 3 weeks", False),
        ("in milliseconds", True),
    ],
)
def test_what_a_claim_of_speed_is(text: str, is_one: bool) -> None:
    assert bool(CLAIM.search(text)) == is_one


def test_values_that_are_none_are_no_answer() -> None:
    error, aim = module("mdp")._error, np.array([1.0, 2.0])
    assert error(np.array([1.0, 2.5]), aim) == 0.5
    assert error(np.array([1.0, np.nan]), aim) == error(np.array([1.0]), aim) == np.inf


@pytest.mark.parametrize("more", [["printing/mission", "1"], ["--peers", "all"]])
def test_the_small_case_is_refused_beside_another(
    more: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["mdp", "--smoke", *more])
    with pytest.raises(SystemExit) as ended:
        module("mdp").main()
    assert ended.value.code == 2
    assert "give it alone" in capsys.readouterr().err


def test_a_package_that_is_missing_or_fails_has_its_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways = module("_mdp_ways")

    def fails(task: Any, clock: Any) -> Any:
        raise ValueError("no such luck")

    def missing(task: Any, clock: Any) -> Any:
        import a_package_that_nobody_has  # noqa: F401

    monkeypatch.setattr(ways, "WAYS", {"a": ("x", fails), "b": ("x", missing)})
    (tmp_path / "scale.json").write_text("1.0", "utf-8")
    for way, said in (("a", "ValueError: no such luck"), ("b", "not installed (a_package")):
        monkeypatch.setattr(sys, "argv", ["ways", way, str(tmp_path)])
        ways.main()
        assert json.loads((tmp_path / "answer.json").read_text("utf-8"))["failed"].startswith(said)


def test_others_are_handed_the_same_process() -> None:
    """The process that ends has the discounted values; looked up in tables it is the same."""
    made = MarkovDecisionProcess(
        [[0.5, 0.5, 0], [0, 1, 0], [0.2, 0.3, 0.5], [1, 0, 0], [0, 0.9, 0.1]],
        [-5, 4, -1, 2, 7],
        [0, 1, 0, 2, 2],
        0.9,
    )
    others = module("_mdp_others")
    other, added = others.ending(made)
    assert added == 5
    assert other.cost.min() >= 0
    value = other.solve().value[:3] - added / 0.1
    assert value == pytest.approx(made.solve("policy_iteration").value, rel=1e-9)
    successor, chance, cost = others.tables(made)
    assert successor.shape == chance.shape == (3, 2, 3)
    guess = np.array([3.0, -2.0, 11.0])
    quality = cost + 0.9 * (chance * guess[successor]).sum(axis=2)
    pairs = made.cost + 0.9 * made.transition @ guess
    assert quality == pytest.approx(pairs[np.array([[0, 2], [1, 1], [3, 4]])])
