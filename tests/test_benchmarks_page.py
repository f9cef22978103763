"""The tables of the docs are those that ``python -m benchmarks page`` writes."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.test_docs import PAGES, ROOT
from tests.test_docs_ledger import are_results, included, tables

HERE = ROOT / "benchmarks"
RESULTS = HERE / "results"
TABLE = "| way | seconds |\n|---|---|\n| ours | 1.25 |\n"
WRITES = "import sys\nfrom pathlib import Path\nPath(sys.argv[-1]).write_text({!r})\n"
FORMER = "what stood there\n"


@pytest.fixture(scope="module", autouse=True)
def _their_folder() -> Any:
    sys.path.insert(0, str(HERE))
    yield
    sys.path.remove(str(HERE))


def made_up(folder: Path, **scripts: str) -> list[Any]:
    """Return the tables of scripts that are made up."""
    command, registry = import_module("_tables"), import_module("_registry")
    found = []
    for name, text in scripts.items():
        file = folder / f"{name}.py"
        file.write_text(text, encoding="utf-8")
        found.append(command.of(registry.Script(name, file)))
    return found


def test_what_a_script_writes_is_kept_with_its_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command, results = import_module("_tables"), tmp_path / "results"
    results.mkdir()
    (results / "writes.md").write_text(
        TABLE.replace("ours", "theirs") + "\n" + TABLE, encoding="utf-8"
    )
    assert command.redone(made_up(tmp_path, writes=WRITES.format(TABLE)), results, 9.0) == 0
    (file,) = results.iterdir()
    text = file.read_text("utf-8")
    assert text.startswith("<!-- Written by `python -m benchmarks page writes`")
    assert f"\n\n{TABLE}\n" in text
    for said in (r"20\d\d-\d\d-\d\d, \d+ s of the processor: amopt ", "numpy ", " cores, one thr"):
        assert re.search(said, text)
    date, seconds = command.took(results, "writes")
    assert date in text
    assert 0 <= seconds < 9
    told = capsys.readouterr().out
    assert f"rows that the former table had: theirs\n   kept in {file}" in told


def test_a_table_that_cannot_be_done_anew_stays_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AMOPT_NOWHERE", raising=False)
    wrong = {
        "fails": WRITES.format(TABLE) + "print('no such luck')\nraise SystemExit(3)\n",
        "late": WRITES.format(TABLE) + "import time\ntime.sleep(9)\n",
        "silent": "",
        "worded": WRITES.format("a heading | and no table\n"),
        "needs": WRITES.format(TABLE) + "# AMOPT_NOWHERE\n",
    }
    chosen, results = made_up(tmp_path, **wrong, writes=WRITES.format(TABLE)), tmp_path / "results"
    results.mkdir()
    for one in chosen:
        (results / f"{one.name}.md").write_text(FORMER, encoding="utf-8")
    assert import_module("_tables").redone(chosen, results, 0.3) == 1
    kept = {file.stem: file.read_text("utf-8") for file in results.iterdir()}
    assert {name for name, text in kept.items() if text == FORMER} == set(wrong)
    assert TABLE in kept["writes"]
    told = capsys.readouterr().out
    assert "no such luck\n   failed: exit 3; the former table stays" in told
    assert "stopped after 0.3 s\n   failed: exit 124" in told
    assert told.count("it wrote no table") == 2
    assert "-- needs: AMOPT_NOWHERE names nothing that is there; the former table stays" in told
    assert told.endswith("not measured: needs\nfailed: fails, late, silent, worded\n")


def test_a_table_that_was_asked_for_and_not_measured_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AMOPT_NOWHERE", raising=False)
    chosen = made_up(tmp_path, needs=WRITES.format(TABLE) + "# AMOPT_NOWHERE\n")
    assert import_module("_tables").redone(chosen, tmp_path / "results", 9.0) == 1


def test_rows_and_columns_that_a_table_lost_are_told() -> None:
    gone = import_module("_tables").gone
    former = (
        "| run | size | s |\n|---|---:|---:|\n| a | 10 | 1 |\n| a | 20 | 1 |\n| b | 10 | 1 |\n"
        "\n| way | s | of a peer |\n|---|---|---|\n| ours | 1 | 2 |\n| theirs | 3 | 4 |\n"
        "\n| way | s | of a peer |\n|---|---|---|\n| ours | 1 | 2 |\n| theirs | 3 | 4 |\n"
    )
    assert gone(former, former) == []
    assert gone("no table\n", former) == gone("", former) == []
    assert gone(former, re.sub("[1-4] \\|\n", "9 |\n", former)) == []  # measured anew
    assert gone(former, former.replace("| a | 20 | 1 |\n", "")) == ["a, 20"]
    assert gone(former, former.replace("| theirs | 3 | 4 |\n", "", 1)) == ["theirs"]
    assert gone(former, former.replace(" of a peer |", "").replace(" 2 |", "")) == [
        "column of a peer"
    ]


def test_a_smoke_run_writes_the_tables_too(tmp_path: Path) -> None:
    protocol, registry = import_module("_protocol"), import_module("_registry")
    file = tmp_path / "script.py"
    for text, code in ((WRITES.format(TABLE), 0), ("", 1)):
        file.write_text(text + '# takes "--markdown"\n', encoding="utf-8")
        script = registry.Script("script", file)
        assert protocol.run_script(script, smoke=True, limit=9.0)["exit"] == code


def test_the_command_knows_its_tables(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main = import_module("benchmarks.__main__").main
    monkeypatch.setattr(sys, "argv", ["benchmarks", "page", "--list"])
    main()
    told = capsys.readouterr().out
    for name in import_module("_tables").tables():
        assert re.search(rf"^{name} +([\d,]+ s, 20|not yet measured)", told, re.M)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "page", "moses"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "no table: moses; there are " in capsys.readouterr().err


def test_each_table_that_is_kept_stands_in_the_docs_and_says_what_writes_it() -> None:
    shown = [
        (page.parent / name).resolve()
        for page in PAGES
        for name in included(page)
        if "benchmarks" in name
    ]
    assert sorted(shown) == sorted(RESULTS.glob("*.md"))
    known = {*import_module("_registry").scripts(), "specs"}
    for file in shown:
        text = file.read_text("utf-8")
        command = f"`python -m benchmarks page {file.stem}`"
        assert text.startswith(f"<!-- Written by {command}")
        assert command in text.rstrip().rpartition("\n\n")[2]  # the line of the run
        assert file.stem in known


def test_each_script_that_writes_tables_has_one_in_the_docs() -> None:
    for name in import_module("_tables").tables():
        assert (RESULTS / f"{name}.md").exists(), "python -m benchmarks page " + name


def test_no_result_on_the_page_of_benchmarks_is_typed() -> None:
    page = ROOT / "docs" / "benchmarks.md"
    assert len(included(page)) > 11
    assert [heading for heading, rows in tables(page) if are_results(rows)] == []


def test_each_script_that_is_named_is_there_and_each_script_is_named() -> None:
    scripts, specs = import_module("_registry").scripts(), import_module("_specs").SPECS
    text = "\n".join(page.read_text("utf-8") for page in PAGES if page.stem != "measured")
    named = set(re.findall(r"python (?:-m benchmarks|benchmarks/) ?(\w+)", text))
    known = set(scripts) | {spec.name for spec in specs}
    assert named <= known | {"run", "page", "list"}
    assert known <= set(re.findall(r"(?:benchmarks[ /]|^\| `)(\w+)", text, re.M))
