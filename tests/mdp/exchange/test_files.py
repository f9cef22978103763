"""Decision processes in files of others: there and back, and everything that is wrong with them."""

from __future__ import annotations

import dataclasses
import json
import tarfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import amopt
from amopt.cli import app
from amopt.errors import InvalidInstanceError, UsageError
from amopt.mdp import MarkovDecisionProcess
from amopt.mdp.exchange import CODES, Arrays, read, write
from amopt.mdp.exchange.solving import solve
from tests.mdp.cases import random_process, taxicab, two_states

GOOD = Arrays(
    file="good.npz",
    data=np.array([0.5, 0.5, 1.0, 1.0]),
    indices=np.array([0, 1, 1, 1]),
    indptr=np.array([0, 2, 3, 4]),
    states=2,
    cost=np.array([-5.0, -10.0, 1.0]),
    state_of_pair=np.array([0, 0, 1]),
    discount=0.95,
    criterion="discounted",
    initial=np.array([1.0, 0.0]),
    pair_names=["a", "b", "a"],
)

NAN = float("nan")
WRONG = {
    "wrong-shape": {"cost": np.ones(2)},
    "not-finite": {"cost": np.array([1.0, NAN, 0.0])},
    "negative-probability": {"data": np.array([1.5, -0.5, 1.0, 1.0])},
    "no-such-state": {"indices": np.array([0, 1, 1, 2])},
    "row-sum": {"data": np.array([0.5, 0.4, 1.0, 1.0])},
    "state-without-action": {"state_of_pair": np.array([0, 0, 0]), "pair_names": None},
    "pair-twice": {"pair_names": ["a", "a", "a"]},
    "wrong-duration": {"duration": np.array([1.0, 0.5, 1.0])},
    "wrong-initial": {"initial": np.array([0.5, 0.4])},
    "wrong-criterion": {"discount": 1.5},
    "not-a-process": {"duration": np.array([1, 1, 0])},
}


def same(found: MarkovDecisionProcess, process: MarkovDecisionProcess) -> None:
    order = np.arange(process.pairs) if process.order is None else process.order
    assert (found.transition != process.transition[order]).nnz == 0
    assert (found.cost == process.cost[order]).all()
    assert (found.state_of_pair == process.state_of_pair[order]).all()
    assert (found.duration == process.duration[order]).all()
    assert (found.discount, found.criterion) == (process.discount, process.criterion)


@pytest.mark.parametrize(("code", "change"), WRONG.items(), ids=WRONG)
def test_everything_wrong_is_found(code, change):
    with pytest.raises(InvalidInstanceError) as refused:
        dataclasses.replace(GOOD, **change).exchanged()
    assert {finding.code for finding in refused.value.findings} == {code}
    assert refused.value.findings[0].advice


def test_each_code_has_a_case_and_all_are_told_at_once():
    assert {code.code for code in CODES} == {*WRONG, "not-this-format"}
    kinds = ("row-sum", "pair-twice", "wrong-initial", "wrong-criterion")
    change = {key: value for kind in kinds for key, value in WRONG[kind].items()}
    with pytest.raises(InvalidInstanceError) as refused:
        dataclasses.replace(GOOD, **change).exchanged()
    assert {finding.code for finding in refused.value.findings} == set(kinds)
    assert GOOD.exchanged().process.solve().value[0] == pytest.approx(4.5 / 0.525)


@pytest.mark.parametrize("form", ["npz", "umb", "prism"])
@pytest.mark.parametrize("discount", [0.9, None])
def test_there_and_back(tmp_path, form, discount):
    process = random_process(7, states=9, discount=discount)
    first = np.eye(9)[4]
    path = write(
        process, tmp_path / f"p{'.tra' if form == 'prism' else f'.{form}'}", form, initial=first
    )[0]
    criterion = {} if form != "prism" else {"discount": discount, "average": discount is None}
    found = read(path, **criterion)
    assert (found.initial == first).all()
    if form == "npz":
        assert (found.process.transition != process.transition).nnz == 0
    elif form == "prism":  # costs come back as sums over transitions
        np.testing.assert_allclose(found.process.cost, process.cost[process.order], rtol=1e-14)
        assert (found.process.transition != process.transition[process.order]).nnz == 0
    else:
        same(found.process, process)
    answer = solve(path, **criterion)
    expected = process.solve("policy_iteration", initial=first)
    assert answer.outcome.objective == pytest.approx(expected.outcome.objective)
    assert answer.verdict.accepted


def test_names_and_durations_survive_in_umb(tmp_path):
    names = [(n, -n) for n in range(4)]
    process = MarkovDecisionProcess(
        np.eye(4)[[1, 2, 3, 0, 2]],
        [1.0, 2.0, 3.0, 4.0, 0.5],
        [0, 1, 2, 3, 3],
        None,
        duration=[1, 2, 0, 1, 3],
        state_names=names,
        pair_names=["go", "go", "go", "go", "back"],
    )
    with pytest.raises(UsageError, match="every pair lasts one period"):
        write(process, tmp_path / "p.umb", "umb")
    with pytest.raises(UsageError, match="every pair lasts one period"):
        write(process, tmp_path / "p.tra", "prism")
    spread = np.array([0.5, 0.25, 0.25, 0.0])
    write(process, tmp_path / "p.umb", "umb", initial=spread, durations_as_rewards=True)
    found = read(tmp_path / "p.umb")
    same(found.process, process)
    assert found.process.state_names == names
    assert found.process.pair_names == ["go", "go", "go", "go", "back"]
    assert (found.initial == spread).all()


def test_umbi_reads_what_is_written(tmp_path):
    umbi = pytest.importorskip("umbi", reason="umbi is not installed")
    process = two_states()
    write(process, tmp_path / "p.umb", "umb", initial=[1.0, 0.0])
    explicit = umbi.umb.read(tmp_path / "p.umb")
    assert list(explicit.state_to_choices) == [0, 2, 3]
    assert list(explicit.choice_to_branches) == process.transition.indptr.tolist()
    assert list(explicit.branch_to_target) == process.transition.indices.tolist()
    assert list(explicit.branch_to_probability) == process.transition.data.tolist()
    assert list(explicit.state_is_initial) == [True, False]
    umbi.umb.write(explicit, tmp_path / "q.umb")
    back = read(tmp_path / "q.umb", discount=process.discount)
    same(back.process, process)
    assert back.initial.tolist() == [1.0, 0.0]


def rational(path: Path) -> None:
    """A file as other tools write it: fractions, rewards of states and of branches, one action."""
    files = {
        "index.json": json.dumps(
            {
                "format-version": 1,
                "format-revision": 0,
                "transition-system": {
                    "time": "discrete",
                    "#players": 1,
                    "#states": 2,
                    "#initial-states": 1,
                    "#choices": 3,
                    "#choice-actions": 1,
                    "#branches": 4,
                    "#branch-actions": 0,
                    "#observations": 0,
                    "branch-probability-type": {"type": "rational", "size": 128},
                },
                "annotations": {
                    "rewards": {
                        "r0": {
                            "alias": "gain",
                            "applies-to": ["states", "branches"],
                            "type": {"type": "double"},
                        }
                    }
                },
                "valuations": {
                    "states": {
                        "unique": True,
                        "classes": [
                            {
                                "variables": [
                                    {"name": "x", "type": {"type": "int", "size": 3}},
                                    {"name": "b", "type": {"type": "bool", "size": 1}},
                                    {"padding": 4},
                                ]
                            }
                        ],
                    }
                },
            }
        ).encode(),
        "state-to-choices.bin": np.array([0, 2, 3], "<u8"),
        "choice-to-branches.bin": np.array([0, 2, 3, 4], "<u8"),
        "branch-to-target.bin": np.array([0, 1, 1, 1], "<u8"),
        "branch-to-probability.bin": np.array([1, 3, 2, 3, 1, 1, 1, 1], "<i8"),
        "state-is-initial.bin": np.array([2], "<u8"),
        "annotations/rewards/r0/states/values.bin": np.array([10.0, 0.0], "<f8"),
        "annotations/rewards/r0/branches/values.bin": np.array([3.0, 6.0, 0.0, 1.0], "<f8"),
        "actions/choices/string-mapping.bin": np.array([0, 1], "<u8"),
        "actions/choices/strings.bin": b"a",
        "valuations/states/valuations.bin": bytes([0b1101, 0b0010]),
    }
    import io

    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.tobytes()
            entry = tarfile.TarInfo(f"./{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))


def test_files_of_others_are_read(tmp_path):
    rational(tmp_path / "p.umb")
    with pytest.raises(UsageError, match="does not say by which criterion"):
        read(tmp_path / "p.umb")
    found = read(tmp_path / "p.umb", discount=0.5, maximise=True)
    process = found.process
    assert process.transition.toarray().tolist() == [[1 / 3, 2 / 3], [0, 1], [0, 1]]
    assert process.cost.tolist() == [-15.0, -10.0, -1.0]
    assert process.pair_names == ["a", "a #2", "a"]
    assert process.state_names == [(-3, 1), (2, 0)]
    assert found.initial.tolist() == [0.0, 1.0]
    # V(1) = 2, V(0) = (15 + 2 / 3) / (1 - 1 / 6)
    value = process.solve().value
    np.testing.assert_allclose(-value, [float((15 + Fraction(2, 3)) / (1 - Fraction(1, 6))), 2.0])
    with pytest.raises(UsageError, match="has no reward 'cost'; it has gain"):
        read(tmp_path / "p.umb", discount=0.5, reward="cost")


@pytest.mark.parametrize("ending", [".npz", ".umb", ".tra"])
@pytest.mark.parametrize("content", [b"", b"no such file", bytes(600), b"2 1 1\n0 0 x 1\n"])
def test_what_is_no_such_file_is_refused(tmp_path, ending, content):
    path = tmp_path / f"p{ending}"
    path.write_bytes(content)
    with pytest.raises(InvalidInstanceError) as refused:
        read(path, discount=0.9)
    assert refused.value.findings[0].code in ("not-this-format", "wrong-shape")


def test_files_that_are_not_there_and_other_endings_are_refused(tmp_path):
    for ending in (".npz", ".umb", ".tra"):
        with pytest.raises(UsageError, match="cannot read"):
            read(tmp_path / f"p{ending}")
    with pytest.raises(UsageError, match=r"ends with none of \.npz, \.umb, \.tra"):
        read(tmp_path / "p.mdp")
    with pytest.raises(UsageError, match="a discount or the average"):
        read(tmp_path / "p.umb", discount=0.9, average=True)


def test_a_cut_file_is_refused_wherever_it_is_cut(tmp_path):
    write(two_states(), tmp_path / "p.umb", "umb", initial=[0.5, 0.5])
    whole = (tmp_path / "p.umb").read_bytes()
    for cut in range(0, len(whole) - 10_240, 700):
        (tmp_path / "cut.umb").write_bytes(whole[:cut])
        with pytest.raises(InvalidInstanceError):
            read(tmp_path / "cut.umb")


def test_prism_s_text(tmp_path):
    """Written as the manual's appendix has it; read with comments, an action left out, a .srew."""
    write(taxicab(), tmp_path / "p.tra", "prism", initial=[0.0, 1.0, 0.0])
    lines = (tmp_path / "p.tra").read_text().splitlines()
    assert lines[:4] == ["3 8 23", "0 0 0 0.5", "0 0 1 0.25", "0 0 2 0.25"]
    assert (tmp_path / "p.lab").read_text() == '0="init" 1="deadlock"\n1: 0\n'
    assert (tmp_path / "p.trew").read_text().splitlines()[:2] == ["3 8 23", "0 0 0 -8.0"]
    (tmp_path / "q.tra").write_text("2 2 3\n0 0 0 0.5 a\n0 0 1 0.5 a\n1 0 1 1\n")
    (tmp_path / "q.srew").write_text('# Reward structure "r"\n2 1\n1 4\n')
    (tmp_path / "q.trew").write_text("2 2 1\n0 0 1 6\n")
    process = read(tmp_path / "q.tra", average=True).process
    assert process.cost.tolist() == [3.0, 4.0]
    (tmp_path / "q.trew").write_text("2 2 1\n1 0 0 6\n")
    with pytest.raises(InvalidInstanceError, match="where there is no transition"):
        read(tmp_path / "q.tra", average=True)


@pytest.mark.parametrize(
    ("ending", "text", "said"),
    [
        ("trew", "2 2 1\n0 0 6\n", "line 2 has 3 columns; 4 are wanted: state, choice, target"),
        ("trew", "# r\n2 2 1\n\n0 0 1 6 7\n", "line 4 has 5 columns; 4 are wanted"),
        ("srew", "2 1\n1\n", "line 2 has 1 column; 2 are wanted: state, number"),
        ("tra", "2 2 3\n0 0 0 1.0\n1 0 1\n", "line 3 has 3 columns; 4 are wanted"),
    ],
)
def test_a_line_of_another_width_is_named(tmp_path, ending, text, said):
    (tmp_path / "q.tra").write_text("2 2 3\n0 0 0 0.5 a\n0 0 1 0.5 a\n1 0 1 1\n")
    (tmp_path / f"q.{ending}").write_text(text)
    with pytest.raises(InvalidInstanceError) as refused:
        read(tmp_path / "q.tra", average=True)
    assert said in refused.value.findings[0].message


def test_a_reward_is_told_as_one(tmp_path):
    rational(tmp_path / "p.umb")
    answer = solve(tmp_path / "p.umb", discount=0.5, maximise=True)
    assert answer.outcome.objective == pytest.approx(-2)
    assert answer.objective_meaning == "expected discounted cost, the negative of the reward"
    assert "it is 2; costs here are its negative" in answer.notes[-1]
    plain = solve(tmp_path / "p.umb", discount=0.5)
    assert plain.objective_meaning == "expected discounted cost"
    assert "reward" not in " ".join(plain.notes)


def test_the_commands(tmp_path):
    run = CliRunner().invoke
    instance = amopt.load("printing/table-3-1")
    part = instance.parts[0].name
    for form in ("umb", "npz", "prism"):
        ending = ".tra" if form == "prism" else f".{form}"
        to = str(tmp_path / f"p{ending}")
        done = run(app, ["mdp", "export", "printing/table-3-1", part, "--format", form, "--to", to])
        assert done.exit_code == 0, done.output
        said = done.output.strip().splitlines()[-1]
        arguments = said.partition("amopt ")[2].split()
        for method in ("lp", "policy_iteration"):
            done = run(app, [*arguments, "--method", method, "--json"])
            assert done.exit_code == 0, done.output
            answer = json.loads(done.output)
            assert answer["outcome"]["objective"] == pytest.approx(8442.487748, rel=1e-8)
            assert answer["tables"]["states"][0].keys() >= {"state", "action", "value"}
    done = run(app, ["mdp", "solve", to])
    assert done.exit_code == 2
    done = run(app, ["mdp", "export", "printing/table-3-1", "prt", "--format", "umb"])
    assert done.exit_code == 2
    (tmp_path / "bad.tra").write_text("1 1 1\n0 0 0 0.9\n")
    done = run(app, ["mdp", "solve", str(tmp_path / "bad.tra"), "--average", "--json"])
    assert done.exit_code == 3
    assert json.loads(done.output)
    assert "row-sum" in done.output


def test_the_factored_process_with_its_durations(tmp_path):
    from amopt.printing.methods.export import exported

    instance = amopt.load("printing/table-3-1")
    part, path = instance.parts[0].name, tmp_path / "p.umb"
    with pytest.raises(UsageError, match="every pair lasts one period"):
        exported(instance, part, path, "umb", process="factored")
    exported(instance, part, path, "umb", process="factored", durations_as_rewards=True)
    assert solve(path).outcome.objective == pytest.approx(8442.487748, rel=1e-8)
    for asked in (False, True):
        with pytest.raises(UsageError, match="take umb with the durations as rewards, or npz"):
            exported(instance, part, path, "prism", process="factored", durations_as_rewards=asked)


def test_an_answer_is_read_back(tmp_path):
    """An answer to a decision process is of no decision, and is read like those that are."""
    write(two_states(), tmp_path / "two.npz", "npz")
    solution = solve(tmp_path / "two.npz")
    solution.save(tmp_path / "answer")
    read_again = amopt.load_solution(tmp_path / "answer")
    assert type(read_again) is type(solution)
    assert read_again.to_dict() == solution.to_dict()
    assert read_again.headline() == solution.headline()
