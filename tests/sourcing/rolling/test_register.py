"""The licence register: nothing is used twice, nothing is lost, nothing is altered unnoticed."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import amopt
import amopt.sourcing.register.register as room
from amopt.errors import RefusedError, UsageError
from amopt.outcome import Outcome, Status, Stopped
from amopt.solution import Solution
from amopt.sourcing.instance.fields import Instance
from amopt.sourcing.referee.check import check as judged
from amopt.sourcing.register.database import create_file, opened
from amopt.sourcing.register.hash_chain import RECORDS, digest
from amopt.sourcing.register.licence_use import Grant, LicenceUse, Print
from amopt.sourcing.register.register import (
    AlreadyCommittedError,
    AlteredRegisterError,
    NotEnoughLicencesError,
    Register,
    RegisterError,
    commit,
    with_register,
)
from amopt.verdict import Verdict

GRANTS = (Grant("bush", "alpha", 50.0), Grant("bush", None, 80.0), Grant("seal", None, 10.0))


def plan(name: str, *prints: tuple[str, str, float], head: str = "") -> LicenceUse:
    """Return a plan of printed orders, one a line."""
    orders = tuple(
        Print(f"{name}-{i}", part, supplier, number)
        for i, (part, supplier, number) in enumerate(prints)
    )
    return LicenceUse(name=name, instance="f" * 64, prints=orders, head=head)


def solution(**changes: object) -> Solution:
    """Return an accepted answer as the solver would give it."""
    orders = [
        {"line": "1", "part": "bush", "supplier": "alpha", "quantity": 20},
        {"line": "1", "part": "bush", "supplier": "conventional", "quantity": 30},
        {"line": "2", "part": "seal", "supplier": "beta", "quantity": 4.0000000001},
    ]
    licences = [
        {"part": "bush", "supplier": "alpha", "granted": 50},
        {"part": "seal", "supplier": "any", "granted": 10},
    ]
    given = Solution(
        kind="sourcing",
        name="Monday",
        outcome=Outcome(stopped=Stopped.FINISHED, status=Status.OPTIMAL, objective=1.0),
        verdict=Verdict(checks=3),
        rows={"orders": orders, "licences": licences},
        fingerprint="a" * 64,
    )
    return replace(given, **changes)  # type: ignore[arg-type]


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return Register.open(tmp_path / "licences.sqlite", create=True)


@pytest.fixture
def filled(register: Register) -> Register:
    """A register of four records from two plans."""
    register.commit(plan("one", ("bush", "alpha", 5), ("seal", "beta", 2)), GRANTS)
    register.commit(plan("two", ("bush", "beta", 7), ("bush", "alpha", 1)), GRANTS)
    return register


def left(register: Register) -> list[float]:
    return [balance.left for balance in register.remaining(GRANTS)]


def execute(register: Register, *statements: str) -> None:
    """Alter a register as somebody with a database tool would."""
    connection = sqlite3.connect(register.path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@contextmanager
def somebody_else() -> Iterator[Path]:
    """Give a folder of everybody's, and no more rights than anybody has."""
    with tempfile.TemporaryDirectory() as folder:
        root = os.geteuid() == 0
        if root:
            os.chown(folder, 65534, -1)
            os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            if root:
                os.seteuid(0)


class TestCommit:
    def test_a_new_register_leaves_everything(self, register: Register) -> None:
        assert left(register) == [50, 80, 10]
        assert register.verify() == 0

    def test_prints_count_for_the_supplier_and_for_all_together(self, filled: Register) -> None:
        assert left(filled) == [44, 67, 8]
        assert filled.verify() == 4

    def test_the_receipt_says_what_was_recorded(self, register: Register) -> None:
        receipt = register.commit(plan("one", ("bush", "alpha", 5), ("seal", "beta", 2)), GRANTS)
        assert receipt.records == (1, 2)
        assert receipt.prints == 7
        assert receipt.head == register.head()
        assert [balance.left for balance in receipt.balances] == [45, 75, 8]
        assert "7 prints" in receipt.headline()[0]
        assert receipt.to_dict()["licences"][1] == {
            "part": "bush",
            "supplier": None,
            "granted": 80.0,
            "used": 5.0,
            "left": 75.0,
        }

    def test_what_no_licence_covers_is_not_recorded(self, register: Register) -> None:
        receipt = register.commit(plan("one", ("cap", "alpha", 5)), GRANTS)
        assert receipt.records == ()
        assert "nothing was recorded" in receipt.headline()[0]
        assert register.verify() == 0

    @pytest.mark.parametrize(
        ("prints", "short"),
        [
            ([("bush", "alpha", 51)], [("bush", "alpha")]),
            ([("bush", "alpha", 50), ("bush", "beta", 31)], [("bush", None)]),
            (
                [("bush", "alpha", 81), ("seal", "x", 11)],
                [("bush", "alpha"), ("bush", None), ("seal", None)],
            ),
            ([("seal", "x", 5), ("seal", "y", 5.5)], [("seal", None)]),
        ],
    )  # fmt: skip
    def test_not_enough_is_refused_with_all_that_fall_short(
        self, filled: Register, prints: list[tuple[str, str, float]], short: list[tuple[str, str]]
    ) -> None:
        fresh = Register.open(filled.path.with_name("fresh.sqlite"), create=True)
        with pytest.raises(NotEnoughLicencesError, match="nothing was recorded") as caught:
            fresh.commit(plan("big", *prints), GRANTS)
        assert [(b.part, b.supplier) for b in caught.value.balances] == short
        assert fresh.verify() == 0

    def test_the_last_print_may_be_used(self, register: Register) -> None:
        register.commit(plan("all", ("bush", "alpha", 50), ("bush", "beta", 30)), GRANTS)
        assert left(register) == [0, 0, 10]
        with pytest.raises(NotEnoughLicencesError):
            register.commit(plan("more", ("bush", "beta", 1)), GRANTS)

    def test_the_same_plan_twice_is_noticed(self, filled: Register) -> None:
        with pytest.raises(AlreadyCommittedError, match="record 3") as caught:
            filled.commit(plan("two", ("bush", "beta", 7), ("bush", "alpha", 1)), GRANTS)
        assert caught.value.record == 3
        assert filled.verify() == 4

    def test_a_reference_allows_the_same_order_again(self, filled: Register) -> None:
        again = plan("two", ("bush", "beta", 7), ("bush", "alpha", 1))
        filled.commit(again, GRANTS, reference="PO-2")
        assert left(filled) == [43, 59, 8]
        with pytest.raises(AlreadyCommittedError):
            filled.commit(again, GRANTS, reference="PO-2")

    def test_the_order_of_a_plans_lines_does_not_matter(self) -> None:
        one = plan("two", ("bush", "beta", 7), ("bush", "alpha", 1))
        assert replace(one, prints=one.prints[::-1]).fingerprint() == one.fingerprint()

    def test_more_prints_bought_are_there_at_once(self, register: Register) -> None:
        register.commit(plan("all", ("seal", "x", 10)), GRANTS)
        more = (Grant("seal", None, 15.0),)
        assert register.remaining(more)[0].left == 5
        register.commit(plan("more", ("seal", "x", 5)), more)

    def test_a_grant_lowered_below_its_use_is_overdrawn_not_negative(
        self, filled: Register
    ) -> None:
        (balance,) = filled.remaining([Grant("bush", None, 10.0)])
        assert balance.left == 0
        assert balance.overdrawn == 3

    def test_fractions_fill_a_licence_exactly(self, register: Register) -> None:
        for number in range(10):
            register.commit(plan(f"p{number}", ("seal", "x", 1 - 0.1)), GRANTS)
        register.commit(plan("rest", ("seal", "x", 1)), GRANTS)
        with pytest.raises(NotEnoughLicencesError):
            register.commit(plan("more", ("seal", "x", 0.1)), GRANTS)


class TestOpen:
    def test_a_register_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(RegisterError, match="no licence register"):
            Register.open(tmp_path / "none.sqlite")
        assert not list(tmp_path.iterdir())

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(RegisterError, match="is a folder"):
            Register.open(tmp_path, create=True)

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(RegisterError, match="cannot make"):
            Register.open(tmp_path / "none" / "licences.sqlite", create=True)

    @pytest.mark.parametrize("content", [b"", b"part,prints\nbush,5\n", b"SQLite format 3\0" * 99])
    def test_a_file_that_is_not_a_register(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "licences.sqlite"
        path.write_bytes(content)
        with pytest.raises(RegisterError):
            Register.open(path, create=True)
        assert path.read_bytes() == content

    def test_another_database(self, tmp_path: Path) -> None:
        path = tmp_path / "other.sqlite"
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE music (song TEXT)")
        connection.close()
        with pytest.raises(RegisterError, match="another SQLite file"):
            Register.open(path)

    def test_another_version(self, register: Register) -> None:
        execute(register, "PRAGMA user_version = 2")
        with pytest.raises(RegisterError, match="version 2"):
            Register.open(register.path)

    def test_a_damaged_file(self, filled: Register) -> None:
        whole = filled.path.read_bytes()
        filled.path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
        with pytest.raises(RegisterError):
            Register.open(filled.path)

    def test_a_locked_register(self, filled: Register) -> None:
        other = sqlite3.connect(filled.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        waiting = Register(filled.path, timeout=0.05)
        with pytest.raises(RegisterError, match="is locked"):
            waiting.commit(plan("three", ("seal", "x", 1)), GRANTS)
        assert waiting.verify() == 4  # readers do not wait for a writer
        other.close()
        waiting.commit(plan("three", ("seal", "x", 1)), GRANTS)

    @pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
    @pytest.mark.parametrize(
        ("file", "folder", "what"),
        [
            (0o444, 0o777, "read-only"),
            (0o000, 0o777, "cannot be opened"),
            (0o444, 0o555, "cannot be opened|read-only"),
        ],
    )
    def test_a_register_without_the_right_to_write(self, file: int, folder: int, what: str) -> None:
        with somebody_else() as shared:
            register = Register.open(shared / "licences.sqlite", create=True)
            register.commit(plan("one", ("bush", "alpha", 5)), GRANTS)
            register.path.chmod(file)
            shared.chmod(folder)
            with pytest.raises(RegisterError, match=what):
                register.commit(plan("three", ("seal", "x", 1)), GRANTS)
            shared.chmod(0o777)
            register.path.chmod(0o644)
            assert register.verify() == 1

    def test_names_that_a_url_would_read_otherwise(self, tmp_path: Path) -> None:
        path = tmp_path / "50% ?mode=ro#é.sqlite"
        register = Register.open(path, create=True)
        register.commit(plan("one", ("seal", "x", 1)), GRANTS)
        assert [file.name for file in tmp_path.iterdir()] == [path.name]

    @pytest.mark.parametrize("links", [True, False])
    def test_creating_never_replaces(
        self, filled: Register, links: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def no_links(*_: object) -> None:
            raise PermissionError

        if not links:
            monkeypatch.setattr(os, "link", no_links)
        create_file(filled.path)
        assert filled.verify() == 4
        another = Register.open(filled.path.with_name("another.sqlite"), create=True)
        assert another.commit(plan("one", ("seal", "x", 1)), GRANTS).records == (1,)


COLUMNS = (
    "number", "plan", "name", "reference", "line", "part", "supplier", "prints", "committed_at",
    "previous", "hash",
)  # fmt: skip


class TestChain:
    @pytest.mark.parametrize("column", COLUMNS)
    @pytest.mark.parametrize("record", [1, 3, 4])
    def test_each_column_of_each_record(self, filled: Register, column: str, record: int) -> None:
        value = "99" if column in ("number", "prints") else "'0'"
        execute(filled, f"UPDATE records SET {column} = {value} WHERE number = {record}")
        with pytest.raises(AlteredRegisterError, match=f"record {record} ") as caught:
            Register.open(filled.path)
        assert caught.value.record == record

    @pytest.mark.parametrize("value", ["'five'", "x'00ff'", "9e999", "-1", "CAST(x'ff' AS TEXT)"])
    def test_a_value_of_another_kind(self, filled: Register, value: str) -> None:
        execute(filled, f"UPDATE records SET prints = {value} WHERE number = 2")
        with pytest.raises(AlteredRegisterError, match="record 2 "):
            filled.verify()

    @pytest.mark.parametrize("record", [1, 2, 4])
    def test_a_record_taken_away(self, filled: Register, record: int) -> None:
        execute(filled, f"DELETE FROM records WHERE number = {record}")
        with pytest.raises(AlteredRegisterError, match=f"record {record} is missing"):
            filled.verify()

    def test_two_records_swapped(self, filled: Register) -> None:
        execute(
            filled,
            "UPDATE records SET number = 9 WHERE number = 2",
            "UPDATE records SET number = 2 WHERE number = 3",
            "UPDATE records SET number = 3 WHERE number = 9",
        )
        with pytest.raises(AlteredRegisterError, match="record 2 "):
            filled.verify()

    def test_a_record_added_with_a_right_hash(self, filled: Register) -> None:
        content = (5, "p", "n", "", "1", "seal", "x", -4.0, "2026", filled.head())
        connection = sqlite3.connect(filled.path)
        connection.execute(
            "INSERT INTO records VALUES (?,?,?,?,?,?,?,?,?,?,?)", (*content, digest(content))
        )
        connection.commit()
        connection.close()
        with pytest.raises(AlteredRegisterError, match="record 5 was added"):
            filled.verify()

    @pytest.mark.parametrize("column", ["register", "created_at", "records", "hash"])
    def test_each_column_of_the_head(self, filled: Register, column: str) -> None:
        execute(filled, f"UPDATE head SET {column} = '77'")
        with pytest.raises(AlteredRegisterError):
            filled.verify()

    @pytest.mark.parametrize(
        "statement",
        [
            "DELETE FROM head",
            "INSERT INTO head SELECT * FROM head",
            "CREATE TRIGGER t AFTER INSERT ON records BEGIN DELETE FROM records; END",
            "ALTER TABLE records ADD COLUMN more TEXT",
            "DROP TABLE records",
        ],
    )
    def test_the_tables(self, filled: Register, statement: str) -> None:
        execute(filled, statement)
        with pytest.raises(AlteredRegisterError):
            filled.verify()

    def test_nothing_is_committed_to_an_altered_register(self, filled: Register) -> None:
        execute(filled, "UPDATE records SET prints = 0 WHERE number = 1")
        with pytest.raises(AlteredRegisterError):
            filled.commit(plan("three", ("seal", "x", 1)), GRANTS)

    def test_an_older_copy_needs_the_receipt_to_be_noticed(
        self, filled: Register, tmp_path: Path
    ) -> None:
        older = shutil.copy(filled.path, tmp_path / "older.sqlite")
        receipt = filled.commit(plan("three", ("seal", "x", 1)), GRANTS)
        shutil.copy(older, filled.path)
        assert filled.verify() == 4  # a chain that is whole in itself
        with pytest.raises(AlteredRegisterError, match="older copy"):
            filled.verify(receipt.head)
        with pytest.raises(AlteredRegisterError, match="older copy"):
            filled.commit(plan("four", ("seal", "x", 1), head=receipt.head), GRANTS)

    def test_an_earlier_head_is_still_held(self, filled: Register) -> None:
        earlier = filled.head()
        filled.commit(plan("three", ("seal", "x", 1)), GRANTS)
        assert filled.verify(earlier) == 5

    def test_the_schema_is_as_written(self, filled: Register) -> None:
        connection = sqlite3.connect(filled.path)
        names = [row[1] for row in connection.execute("PRAGMA table_info(records)")]
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
        connection.close()
        assert tuple(names) == COLUMNS
        assert all(name in RECORDS for name in names)
        assert mode == "wal"


MANY = (Grant("bush", None, 1e6),)


def three(number: int) -> LicenceUse:
    """Return a plan of three prints."""
    return plan(str(number), *[("bush", "x", 1)] * 3)


def commit_for_ever(register: Register, first: int, told: int) -> None:
    """Commit one plan after the other, and tell the number of each that is committed."""
    for number in range(first, 10**6):
        register.commit(three(number), MANY)
        os.write(told, f"{number}\n".encode())


def commit_until(register: Register, statement: int, told: int) -> None:
    """Commit a plan, and die before a given statement of it is carried out."""
    seen = []

    @contextmanager
    def watched(path: Path, timeout: float) -> Iterator[sqlite3.Connection]:
        with opened(path, timeout) as connection:

            def trace(text: str) -> None:
                seen.append(text)
                if len(seen) == statement:
                    os.kill(os.getpid(), signal.SIGKILL)

            connection.set_trace_callback(trace)
            yield connection

    room.opened = watched  # type: ignore[assignment]
    register.commit(three(0), MANY)
    os.write(told, f"{len(seen)}\n".encode())


@contextmanager
def child(work: Callable[..., None], *arguments: object) -> Iterator[tuple[int, int]]:
    """Do the work in a process of its own; give its number, and where it is heard from."""
    heard, told = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            work(*arguments, told)
        finally:
            os._exit(0)
    os.close(told)
    try:
        yield process, heard
    finally:
        os.close(heard)


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
class TestKilled:
    def test_at_each_statement_of_a_commit(self, tmp_path: Path) -> None:
        statements, at = None, 0
        while statements is None:
            at += 1
            register = Register.open(tmp_path / f"{at}.sqlite", create=True)
            with child(commit_until, register, at) as (process, heard):
                _, status = os.waitpid(process, 0)
                said = os.read(heard, 99)
            if said:
                statements = int(said)
                continue
            assert os.WTERMSIG(status) == signal.SIGKILL
            assert register.verify() == 0  # a trace comes before its statement is carried out
            register.commit(plan("next", ("seal", "x", 1)), GRANTS)
        assert statements >= 8
        assert register.verify() == 3

    def test_at_any_moment(self, register: Register) -> None:
        moments = random.Random(7)
        plans = 0
        for _ in range(20):
            with child(commit_for_ever, register, plans) as (process, heard):
                first = os.read(heard, 99)
                time.sleep(moments.uniform(0, 0.02))
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)
                said = (first + os.read(heard, 10**6)).split()
            records = register.verify()
            assert records % 3 == 0  # all three prints of a plan or none
            assert int(said[-1]) + 1 <= records // 3 <= int(said[-1]) + 2  # what was told is there
            assert register.remaining(MANY)[0].used == records
            plans = records // 3


def test_a_machine_that_dies_while_the_log_is_written(register: Register, tmp_path: Path) -> None:
    """Whatever part of the log reached the disk, a plan is there whole or not at all."""
    reader = sqlite3.connect(register.path)  # while it is open, the log is not cleared away
    reader.execute("SELECT * FROM head").fetchall()
    for name in ("one", "two", "three"):
        register.commit(plan(name, *[("bush", "x", 1)] * 3), GRANTS)
    log = register.path.with_name(register.path.name + "-wal").read_bytes()
    reached = set()
    lengths = {*range(0, len(log), len(log) // 48), len(log)}
    for number, length in enumerate(lengths):
        copy = Register(tmp_path / f"{number}" / "r.sqlite")
        copy.path.parent.mkdir()
        shutil.copy(register.path, copy.path)
        copy.path.with_name("r.sqlite-wal").write_bytes(log[:length])
        reached.add(copy.verify())
    reader.close()
    assert reached == {0, 3, 6, 9}


@dataclass(frozen=True)
class Work:
    path: Path
    worker: int


def write(work: Work) -> list[float]:
    """Commit small plans until nothing is left, and return what went through."""
    register = Register.open(work.path, create=True, timeout=60)
    sizes, done = random.Random(work.worker), []
    for number in range(100):
        size = float(sizes.randint(1, 4))
        try:
            order = plan(f"{work.worker}-{number}", ("bush", "alpha", size))
            register.commit(order, [Grant("bush", None, 60.0)])
        except NotEnoughLicencesError:
            if size == 1:
                break
        else:
            done.append(size)
    return done


def race(work: Work) -> str:
    """Commit the same plan as everybody else."""
    try:
        Register.open(work.path, create=True, timeout=60).commit(
            plan("same", ("bush", "alpha", 5)), [Grant("bush", None, 60.0)]
        )
    except AlreadyCommittedError:
        return "refused"
    return "committed"


class TestConcurrent:
    def test_a_licence_is_never_used_twice(self, tmp_path: Path) -> None:
        path = tmp_path / "licences.sqlite"  # all three want to make it, too
        with multiprocessing.get_context("spawn").Pool(3) as pool:
            done = pool.map(write, [Work(path, worker) for worker in range(3)], chunksize=1)
            same = pool.map(
                race, [Work(tmp_path / "same.sqlite", w) for w in range(3)], chunksize=1
            )
        total = sum(sum(sizes) for sizes in done)
        (balance,) = Register.open(path).remaining([Grant("bush", None, 60.0)])
        assert balance.used == total == 60
        assert Register.open(path).verify() == sum(len(sizes) for sizes in done)
        assert sorted(same) == ["committed", "refused", "refused"]
        names = {file.name for file in tmp_path.iterdir()}
        assert names <= {
            f"{n}.sqlite{end}" for n in ("licences", "same") for end in ("", "-wal", "-shm")
        }


class RegisterMachine(RuleBasedStateMachine):
    """Against a plain dictionary: what is used, what is left, what is refused."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.register = Register.open(Path(self.folder) / "r.sqlite", create=True)
        self.grants = {("bush", "alpha"): 6.0, ("bush", None): 9.0, ("seal", None): 3.0}
        self.used: dict[tuple[str, str], float] = {}
        self.plans: dict[str, LicenceUse] = {}

    def licences(self) -> list[Grant]:
        return [Grant(*where, prints) for where, prints in self.grants.items()]

    @rule(
        orders=st.lists(
            st.tuples(
                st.sampled_from(["bush", "seal", "cap"]),
                st.sampled_from(["alpha", "beta"]),
                st.integers(1, 4).map(float),
            ),
            min_size=1,
            max_size=3,
        )
    )
    def commit(self, orders: list[tuple[str, str, float]]) -> None:
        new = plan(f"plan {len(self.plans)}", *orders)
        after = dict(self.used)
        for part, supplier, prints in orders:
            if part != "cap":
                after[part, supplier] = after.get((part, supplier), 0.0) + prints
        fits = all(
            sum(v for (p, s), v in after.items() if p == part and supplier in (None, s)) <= most
            for (part, supplier), most in self.grants.items()
            if any(order[0] == part and supplier in (None, order[1]) for order in orders)
        )
        if fits:
            receipt = self.register.commit(new, self.licences())
            self.used = after
            if receipt.records:
                self.plans[new.name] = new
        else:
            with pytest.raises(NotEnoughLicencesError):
                self.register.commit(new, self.licences())

    @rule(pick=st.randoms(use_true_random=False))
    def commit_again(self, pick: random.Random) -> None:
        if self.plans:
            with pytest.raises(AlreadyCommittedError):
                self.register.commit(pick.choice(list(self.plans.values())), self.licences())

    @rule(where=st.sampled_from([("bush", "alpha"), ("bush", None), ("seal", None)]))
    def buy(self, where: tuple[str, str | None]) -> None:
        self.grants[where] += 2

    @invariant()
    def never_more_than_granted(self) -> None:
        for balance in self.register.remaining(self.licences()):
            assert balance.used <= balance.granted
            assert balance.used == sum(
                v
                for (p, s), v in self.used.items()
                if p == balance.part and balance.supplier in (None, s)
            )

    def teardown(self) -> None:
        shutil.rmtree(self.folder)


RegisterMachine.TestCase.settings = settings(
    max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAgainstADictionary = RegisterMachine.TestCase


def licensed(**changes: object) -> Instance:
    """Return an instance of one line, 20 bushes, of which 50 may be printed."""
    data: dict[str, object] = {
        "name": "Monday",
        "parts": [{"name": "bush"}],
        "lines": [{"line": "1", "part": "bush", "quantity": 20}],
        "conventional": [{"part": "bush", "cost_per_part": 9, "lead_time_weeks": 1}],
        "licences": [{"part": "bush", "prints": 50}],
    }
    return Instance.from_dict({"amopt": 1, "kind": "sourcing", **data, **changes})


class TestInstance:
    """What is recorded, and what the instance says of it."""

    LICENCES = (Grant("bush", None, 50.0),)

    def left(self, instance: Instance, register: Register) -> float:
        return with_register(instance, register).licences[0].prints

    def test_the_next_solve_sees_only_what_remains(self, register: Register) -> None:
        assert self.left(licensed(), register) == 50
        register.commit(plan("Sunday", ("bush", "alpha", 12)), self.LICENCES)
        assert self.left(licensed(), register) == 38

    def test_an_instance_without_licences_is_as_it_was(self, register: Register) -> None:
        given = licensed(licences=[])
        assert with_register(given, register) is given

    def order(self, quantity: float) -> LicenceUse:
        prints = (Print("1", "bush", "alpha", quantity),)
        return LicenceUse(name="Monday", instance="f" * 64, prints=prints)

    def test_an_order_both_recorded_and_committed_counts_once(self, register: Register) -> None:
        register.commit(self.order(12), self.LICENCES)
        placed = {"line": "1", "supplier": "alpha", "cost": 1, "weeks": 1}
        half = [{**placed, "quantity": 5}, {**placed, "quantity": 7}]
        assert self.left(licensed(committed=half), register) == 50  # 12 of them are committed
        assert self.left(licensed(committed=half[:1]), register) == 43
        assert self.left(licensed(committed=half, name="Tuesday"), register) == 38

    def test_a_licence_that_is_used_up_still_allows_what_is_committed(
        self, register: Register
    ) -> None:
        register.commit(self.order(12), self.LICENCES)
        placed = {"line": "1", "supplier": "alpha", "cost": 1, "weeks": 1, "quantity": 12}
        lowered = licensed(committed=[placed], licences=[{"part": "bush", "prints": 10}])
        assert self.left(lowered, register) == 12

    @pytest.mark.parametrize("granted", [50, 10])
    @pytest.mark.parametrize("placed", [0, 5, 12])
    def test_what_is_recorded_is_told_whatever_is_granted_by_now(
        self, register: Register, granted: float, placed: float
    ) -> None:
        register.commit(self.order(12), self.LICENCES)
        order = {"line": "1", "supplier": "alpha", "cost": 1, "weeks": 1, "quantity": placed}
        instance = licensed(
            committed=[order] if placed else [], licences=[{"part": "bush", "prints": granted}]
        )
        answer = amopt.solve(instance, register=register.path)
        (row,) = answer.rows["licences"]
        assert (row["granted"], row["recorded"]) == (granted, 12 - placed)
        assert row["placed_before"] == placed
        assert row["left"] == max(granted - 12, 0)
        assert judged(instance, answer).accepted
        assert judged(with_register(instance, register), answer).accepted

    def test_orders_placed_before_are_recorded_once(self, register: Register) -> None:
        register.commit(self.order(12), self.LICENCES)
        row = {"line": "1", "part": "bush", "supplier": "alpha"}
        orders = [
            {**row, "quantity": 9, "committed": True},
            {**row, "quantity": 6, "committed": True},
            {**row, "quantity": 4, "committed": False},
        ]
        made = LicenceUse.of(solution(rows={"orders": orders}))
        assert (made.prints[0].prints, made.placed[0].prints) == (4, 15)
        receipt = register.commit(made, self.LICENCES)
        assert receipt.prints == 7  # four new ones, and three of fifteen that were not recorded
        assert receipt.balances[0].left == 31


class TestPlan:
    def test_the_printed_orders_of_an_answer(self) -> None:
        made = LicenceUse.of(solution())
        assert made.prints == (Print("1", "bush", "alpha", 20.0), Print("2", "seal", "beta", 4.0))
        assert made.grants == (Grant("bush", "alpha", 50.0), Grant("seal", None, 10.0))

    def test_survives_being_saved(self) -> None:
        assert LicenceUse.of(Solution.from_dict(solution().to_dict())) == LicenceUse.of(solution())

    def test_an_answer_that_the_referee_refused(self) -> None:
        with pytest.raises(RefusedError, match="too much"):
            LicenceUse.of(solution(verdict=Verdict(findings=("too much",))))

    @pytest.mark.parametrize(
        "changes",
        [
            {"kind": "printing"},
            {"rows": {"frontier": []}},
            {"outcome": Outcome(stopped=Stopped.TIME_LIMIT, status=Status.UNKNOWN)},
            {"rows": {"orders": [{"line": "1", "part": "bush", "supplier": "alpha"}]}},
            {"rows": {"orders": [{"line": 1, "part": "b", "supplier": "a", "quantity": 2}]}},
            {"rows": {"orders": [{"line": "1", "part": "b", "supplier": "a", "quantity": "2"}]}},
            {"rows": {"orders": [{"line": "1", "part": "b", "supplier": "a", "quantity": -2}]}},
            {"rows": {"orders": [{"line": "1", "part": "b", "supplier": "a", "quantity": None}]}},
            {"rows": {"orders": [{"line": "1", "part": "\ud800", "supplier": "a", "quantity": 2}]}},
            {"rows": {"orders": [], "licences": [{"part": "b", "supplier": "any"}]}},
        ],
    )
    def test_an_answer_that_cannot_be_committed(self, changes: dict[str, object]) -> None:
        with pytest.raises(UsageError):
            LicenceUse.of(solution(**changes))

    def test_commit_makes_the_register_and_notices_the_second_time(self, tmp_path: Path) -> None:
        path = tmp_path / "licences.sqlite"
        receipt = commit(solution(), path)
        assert [balance.left for balance in receipt.balances] == [30, 6]
        with pytest.raises(AlreadyCommittedError):
            commit(solution(), path)

    def test_an_answer_without_licences_needs_the_instance(self, tmp_path: Path) -> None:
        rows = {"orders": solution().rows["orders"]}
        with pytest.raises(RegisterError, match="give the instance"):
            commit(solution(rows=rows), tmp_path / "licences.sqlite")
        assert not list(tmp_path.iterdir())

    def test_an_answer_made_with_a_register_needs_that_register(
        self, tmp_path: Path, filled: Register
    ) -> None:
        rows = {**solution().rows, "register": [{"head": filled.head()}]}
        with pytest.raises(RegisterError, match="no licence register"):
            commit(solution(rows=rows), tmp_path / "typo.sqlite")
        Register.open(tmp_path / "other.sqlite", create=True)
        with pytest.raises(AlteredRegisterError, match="another register"):
            commit(solution(rows=rows), tmp_path / "other.sqlite")
        commit(solution(rows=rows), filled.path)


class TestSolved:
    """A plan as the solver makes it, from the solve to the register and back."""

    def test_what_is_committed_is_missing_in_the_next_solve(self, register: Register) -> None:
        given = amopt.load("sourcing/dynamic")
        monday = amopt.solve(given, register=register.path)
        assert commit(monday, register.path, instance=given).prints == 20
        with pytest.raises(AlreadyCommittedError):
            commit(monday, register.path)
        tuesday = amopt.solve(given, register=register.path)
        (row,) = tuesday.rows["licences"]
        assert (row["granted"], row["recorded"], row["left"]) == (40, 20, 0)
        commit(tuesday, register.path, instance=given, reference="again")
        with pytest.raises(amopt.InfeasibleError, match="lever"):
            amopt.solve(given.model_copy(update={"conventional": ()}), register=register.path)

    def test_an_answer_altered_by_hand_is_refused(self, tmp_path: Path) -> None:
        given = amopt.load("sourcing/dynamic")
        solved = amopt.solve(given)
        orders = [{**row} for row in solved.rows["orders"]]
        orders[1]["quantity"] -= 5
        with pytest.raises(RefusedError, match="'2'"):
            commit(
                replace(solved, rows={**solved.rows, "orders": orders}),
                tmp_path / "licences.sqlite",
                instance=given,
            )
        assert not list(tmp_path.iterdir())

    def test_an_answer_to_another_instance_is_refused(self, tmp_path: Path) -> None:
        given = amopt.load("sourcing/dynamic")
        changed = given.model_copy(update={"hours_per_week": 41.0})
        with pytest.raises(UsageError, match="another instance"):
            commit(amopt.solve(given), tmp_path / "licences.sqlite", instance=changed)
