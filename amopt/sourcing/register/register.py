"""The licence register: what is left of each licence, in one SQLite file that many may share.

The instance says how many prints a licence grants; the register says how many are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amopt.errors import AmoptError
from amopt.sourcing.register.database import create_file, opened
from amopt.sourcing.register.hash_chain import (
    AlteredRegisterError,
    Balance,
    HashChain,
    RegisterError,
)
from amopt.sourcing.register.licence_use import (
    CONVENTIONAL,
    SPARE,
    Grant,
    LicenceTerms,
    LicenceUse,
    Print,
    merged,
)

if TYPE_CHECKING:
    from amopt.solution import Solution
    from amopt.sourcing.instance.fields import Instance

__all__ = [
    "AlreadyCommittedError",
    "AlteredRegisterError",
    "Balance",
    "NotEnoughLicencesError",
    "Receipt",
    "Register",
    "RegisterError",
    "commit",
    "recorded_beside",
    "with_register",
]


class AlreadyCommittedError(RegisterError):
    """The same plan was committed before; ``record`` is the number of its first record."""

    def __init__(self, message: str, *, record: int) -> None:
        self.record = record
        super().__init__(message)


class NotEnoughLicencesError(AmoptError):
    """Less is left than the plan needs, in ``balances``; nothing was written."""

    exit_code = 4

    def __init__(self, message: str, *, balances: tuple[Balance, ...]) -> None:
        self.balances = balances
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a commit recorded.

    Attributes
    ----------
    register
        The register's file.
    plan
        The fingerprint of the plan.
    records
        The numbers of the records that were written; empty where no licence covers the plan.
    prints
        The prints recorded.
    head
        The hash of the last record: kept elsewhere, it proves later that nothing was taken away.
    balances
        What is left of each licence.
    """

    register: str
    plan: str
    records: tuple[int, ...]
    prints: float
    head: str
    balances: tuple[Balance, ...]

    def headline(self) -> tuple[str, ...]:
        """Return the receipt in a few plain sentences."""
        if not self.records:
            return (f"No licence covers this plan: nothing was recorded in {self.register}.",)
        first, last = self.records[0], self.records[-1]
        numbers = f"record {first}" if first == last else f"records {first} to {last}"
        return (
            f"{self.prints:g} prints were recorded in {self.register} as {numbers}.",
            *(f"{balance}." for balance in self.balances),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the receipt as plain data that JSON can hold."""
        return {
            "register": self.register,
            "plan": self.plan,
            "records": list(self.records),
            "prints": self.prints,
            "head": self.head,
            "licences": [
                {
                    "part": balance.part,
                    "supplier": balance.supplier,
                    "granted": balance.granted,
                    "used": balance.used,
                    "left": balance.left,
                }
                for balance in self.balances
            ],
        }


@dataclass(frozen=True, slots=True)
class Register:
    """A licence register on disk.

    Each method opens the file, verifies the chain and closes the file again, so that a register
    may be shared by threads, processes and programs.

    Attributes
    ----------
    path
        The file.
    timeout
        Seconds to wait for another program that is writing.
    """

    path: Path
    timeout: float = 10.0

    @classmethod
    def open(cls, path: str | Path, *, create: bool = False, timeout: float = 10.0) -> Register:
        """Open a register and verify it.

        Parameters
        ----------
        path
            The file.
        create
            Whether to make a new register where there is none.
        timeout
            Seconds to wait for another program that is writing.

        Raises
        ------
        AlteredRegisterError
            When the chain does not hold.
        RegisterError
            When there is no register, or it cannot be used.
        """
        register = cls(Path(path), timeout)
        if create and not register.path.exists():
            create_file(register.path)
        register.verify()
        return register

    def verify(self, head: str = "") -> int:
        """Verify the whole chain and return the number of records.

        Parameters
        ----------
        head
            The head of an earlier receipt, which the chain must still hold. It also notices an
            older copy of the file put back, and another register under the same name.

        Raises
        ------
        AlteredRegisterError
            When a record was changed, added or lost, with its number.
        """
        chain = self.chain()
        self._require_holds(chain, head)
        return chain.records

    def head(self) -> str:
        """Return the hash of the last record, or of the register's birth while it has none."""
        return self.chain().head

    def remaining(self, licences: Iterable[LicenceTerms]) -> tuple[Balance, ...]:
        """Return what is left of each licence: granted by the instance, less what is recorded."""
        chain = self.chain()
        return tuple(chain.balance(licence) for licence in licences)

    def commit(
        self, use: LicenceUse, licences: Iterable[LicenceTerms], *, reference: str = ""
    ) -> Receipt:
        """Record the prints that a plan uses, all of them or none.

        Parameters
        ----------
        use
            What a plan uses; see :meth:`amopt.sourcing.register.licence_use.LicenceUse.of`.
        licences
            The licences as granted. Orders that no licence covers use none and are not recorded.
        reference
            What tells two wanted orders of the same plan apart, such as a purchase order's number.

        Raises
        ------
        NotEnoughLicencesError
            When less is left than the plan uses.
        AlreadyCommittedError
            When the same plan was committed before with the same reference.
        AlteredRegisterError, RegisterError
            When the register does not hold, or cannot be written.
        """
        grants = tuple(Grant.of(licence) for licence in licences)
        with opened(self.path, self.timeout) as connection:
            connection.execute("BEGIN IMMEDIATE")
            before = HashChain.read(connection, self.path)
            self._require_holds(before, use.head)
            self._require_new(before, use, reference)
            prints = _to_record(before, use, grants)
            self._require_left(before, grants, prints)
            after = before.append(connection, use, prints, reference)
            connection.execute("COMMIT")
        return Receipt(
            register=str(self.path),
            plan=use.fingerprint(reference),
            records=tuple(range(before.records + 1, after.records + 1)),
            prints=sum(p.prints for p in prints),
            head=after.head,
            balances=tuple(after.balance(grant) for grant in grants),
        )

    def _require_new(self, chain: HashChain, use: LicenceUse, reference: str) -> None:
        """Raise when the plan was committed before."""
        record = chain.plans.get(use.fingerprint(reference))
        if record is not None:
            raise AlreadyCommittedError(
                f"{self.path} holds the plan {use.name!r} already, from record {record} on. To "
                "order the same again, give a reference that tells the two orders apart",
                record=record,
            )

    def _require_left(
        self, chain: HashChain, grants: Sequence[Grant], prints: Sequence[Print]
    ) -> None:
        """Raise unless enough is left of every licence, naming all that fall short."""
        wanted: dict[tuple[str, str], float] = {}
        for p in prints:
            wanted[p.part, p.supplier] = wanted.get((p.part, p.supplier), 0.0) + p.prints
        short = []
        for grant in grants:
            balance, needed = chain.balance(grant), grant.total(wanted)
            if needed > 0 and balance.used + needed > grant.prints + SPARE:
                short.append((balance, needed))
        if short:
            listed = "; ".join(f"{balance}, {needed:g} needed" for balance, needed in short)
            raise NotEnoughLicencesError(
                f"not enough is left of the licences in {self.path}, and nothing was recorded: "
                f"{listed}. Solve again with the register, or buy more prints and raise the "
                "licence in the instance",
                balances=tuple(balance for balance, _ in short),
            )

    def _require_holds(self, chain: HashChain, head: str) -> None:
        """Raise unless the chain holds an earlier head."""
        if head and head not in chain.hashes:
            raise AlteredRegisterError(
                f"{self.path} does not hold the record {head[:12]}... that an earlier answer or "
                "receipt saw: it is another register, or an older copy of this one"
            )

    def chain(self) -> HashChain:
        """Return the records as of now, verified."""
        with opened(self.path, self.timeout) as connection:
            connection.execute("BEGIN")
            return HashChain.read(connection, self.path)


def _to_record(chain: HashChain, use: LicenceUse, grants: Sequence[Grant]) -> list[Print]:
    """Return the prints that use a licence: new orders, and placed ones not recorded yet."""
    late = [replace(p, prints=p.prints - chain.recorded(use.name, p)) for p in use.placed]
    return [
        p
        for p in (*use.prints, *late)
        if p.prints > SPARE and any(grant.covers(p.part, p.supplier) for grant in grants)
    ]


def with_register(instance: Instance, register: Register) -> Instance:
    """Return the instance with what is left of its licences in place of what was granted.

    An order that the instance holds as committed and the register records is counted once: the
    licence keeps the prints that it uses.

    Parameters
    ----------
    instance
        The instance, with its licences as granted.
    register
        The register of the prints used so far.
    """
    if not instance.licences:
        return instance
    chain = register.chain()
    placed = _placed(instance)
    counted = {(p.part, p.supplier): 0.0 for p in placed}
    for p in placed:
        counted[p.part, p.supplier] += chain.recorded(instance.name, p)
    licences = []
    for licence in instance.licences:
        left = chain.balance(licence).left + Grant.of(licence).total(counted)
        licences.append(licence.model_copy(update={"prints": left}))
    return instance.model_copy(update={"licences": tuple(licences)})


def recorded_beside(instance: Instance, register: Register) -> dict[tuple[str, str | None], float]:
    """Return the prints of each licence that a register records, by part and supplier.

    Orders that the instance holds as committed are left out: they are counted as placed.
    """
    chain = register.chain()
    counted = {(p.part, p.supplier): 0.0 for p in _placed(instance)}
    for p in _placed(instance):
        counted[p.part, p.supplier] += chain.recorded(instance.name, p)
    return {
        (licence.part, licence.supplier): chain.balance(licence).used
        - Grant.of(licence).total(counted)
        for licence in instance.licences
    }


def _placed(instance: Instance) -> tuple[Print, ...]:
    """Return the printed orders that an instance holds as committed."""
    parts = {line.line: line.part for line in instance.lines}
    return merged(
        Print(order.line, parts[order.line], order.supplier, order.quantity)
        for order in instance.committed
        if order.supplier != CONVENTIONAL
    )


def commit(
    solution: Solution,
    register: str | Path,
    *,
    instance: Instance | None = None,
    reference: str = "",
    timeout: float = 10.0,
) -> Receipt:
    """Record the prints of a saved answer in a register, which is made where there is none.

    Parameters
    ----------
    solution
        The answer, as :func:`amopt.load_solution` returns it.
    register
        The register's file.
    instance
        The instance that was solved: with it, the referee checks the answer again, and the
        licences are taken from it instead of from the answer.
    reference
        What tells two wanted orders of the same plan apart.
    timeout
        Seconds to wait for another program that is writing.

    Raises
    ------
    RefusedError
        When the referee does not accept the answer.
    NotEnoughLicencesError, AlreadyCommittedError, AlteredRegisterError, RegisterError, UsageError
        See :meth:`Register.commit` and :meth:`amopt.sourcing.register.licence_use.LicenceUse.of`.
    """
    use = LicenceUse.of(solution, instance)
    if use.grants is None:
        raise RegisterError(
            f"the answer {solution.name!r} does not say which licences it was made under; give "
            "the instance as well"
        )
    book = Register.open(register, create=not use.head, timeout=timeout)
    return book.commit(use, use.grants, reference=reference)
