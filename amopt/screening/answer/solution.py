"""What the planner gets: which parts to examine, and what is known of every part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from amopt.phrases import amount, counted, listed, money
from amopt.solution import AS_STATED, Column, Solution, Table

if TYPE_CHECKING:
    import networkx as nx

    from amopt.screening.instance import ScreeningInstance

__all__ = ["FACTS", "ScreeningSolution"]

FACTS = (
    Column("column", "", "What is told."),
    Column("value", "", "Its value."),
    Column("meaning", "", "What it means."),
)
"""The columns of what is told of one part."""

ELIGIBLE = "yes: every rule passes it; no: a rule rejects it; unknown: a value is missing."
SCORE = "Weighted worth of its attributes, from 0 to 1."
SAVING = "Expected saving with the chance that it is worth printing; empty where not known."

NAMED = 3
"""Attributes and parts that the headline names."""

OF_A_PART: tuple[Column, ...] = (
    Column("eligible", "", ELIGIBLE),
    Column("rank", "", "Rank by score among the parts that no rule rejects."),
    Column("score", "", SCORE),
    Column("expected_saving", "money", SAVING),
    Column("effort_hours", "h", "Hours to examine it."),
    Column("machine", "", "First machine that can make it, or may."),
    Column("needs", "", "What it needs beside printing."),
)


@dataclass(frozen=True)
class ScreeningSolution(Solution):
    """The answer to a screening instance.

    The tables are ``examine`` (the chosen parts), ``parts`` (every part, ranked ones first),
    ``rules`` (what each rule does), ``missing`` (which attributes to find out), ``criteria``
    (weights, and how far they may change), ``comparisons`` (how consistent judgements are),
    ``limits`` (what the choice uses of each limit), ``groups`` (what is chosen of each text) and
    ``totals``.

    Attributes
    ----------
    instance
        The instance; None for an answer that was read from a file.
    """

    instance: ScreeningInstance | None = field(
        default=None, repr=False, compare=False, kw_only=True
    )

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "examine": (Column("part", "", "Part number."), *OF_A_PART),
        "parts": (
            Column("part", "", "Part number.", shown=False),
            Column("eligible", "", ELIGIBLE, shown=False),
            Column("rule", "", "The rule that decides; empty where all pass.", shown=False),
            Column("attribute", "", "The attribute that decides.", shown=False),
            Column("value", "", "Its value; empty where not known.", shown=False),
            Column("reason", "", "Why it is not eligible, or nobody can tell.", shown=False),
            Column("rank", "", OF_A_PART[1].meaning, shown=False),
            Column("best_rank", "", "Best rank as one weight at a time changes.", shown=False),
            Column("worst_rank", "", "Worst rank as one weight at a time changes.", shown=False),
            Column("score", "", SCORE, shown=False),
            Column("lowest_score", "", "Score if all it lacks were worth 0.", shown=False),
            Column("highest_score", "", "Score if all it lacks were worth 1.", shown=False),
            Column("expected_saving", "money", SAVING, shown=False),
            Column("effort_hours", "h", "Hours to examine it.", shown=False),
            Column("machine", "", "First machine that can make it, or may.", shown=False),
            Column("needs", "", "What it needs beside printing.", shown=False),
            Column("examine", "", "Whether it is chosen.", shown=False),
        ),
        "rules": (
            Column("rule", "", "The rule."),
            Column("passed", "parts", "Parts that pass it."),
            Column("failed", "parts", "Parts that fail it."),
            Column("unknown", "parts", "Parts of which too little is known for it."),
            Column("decides", "parts", "Parts that it rejects, or holds up, before other rules."),
            Column("needs", "", "What parts that fail it need; it then rejects none."),
        ),
        "missing": (
            Column("attribute", "", "An attribute that some part lacks."),
            Column("parts_without", "parts", "Parts that lack it."),
            Column("decides", "parts", "Unknown parts that lack this one only."),
            Column("holds_up", "parts", "Unknown parts that lack it, alone or with others."),
            Column("saving_waits", "parts", "Candidates whose saving nobody can tell without it."),
        ),
        "criteria": (
            Column("goal", "", "The goal."),
            Column("criterion", "", "The criterion."),
            Column("attribute", "", "The attribute that it looks at.", shown=False),
            Column("weight_of_goal", "", "Weight of the goal."),
            Column("weight_within_goal", "", "Weight within the goal."),
            Column("weight", "", "Weight in the score."),
            Column("lowest_weight", "", "Down to this weight the first parts stay the first."),
            Column("highest_weight", "", "Up to this weight the first parts stay the first."),
            Column("parts_without", "parts", "Parts that lack the attribute."),
        ),
        "comparisons": (
            Column("of", "", "The goals, or the goal whose criteria are compared."),
            Column("compared", "", "How many there are."),
            Column("largest_eigenvalue", "", "Largest eigenvalue of the judgements."),
            Column("consistency_index", "", "Consistency index."),
            Column("consistency_ratio", "", "Consistency ratio; 0.1 and less is taken as good."),
        ),
        "limits": (
            Column("limit", "", "What is limited."),
            Column("used", "", "What the chosen parts use of it."),
            Column("at_least", "", "The least that may be.", digits=AS_STATED),
            Column("at_most", "", "The most that may be.", digits=AS_STATED),
        ),
        "groups": (
            Column("attribute", "", "The attribute.", shown=False),
            Column("text", "", "Its text.", shown=False),
            Column("candidates", "parts", "Parts that no rule rejects.", shown=False),
            Column("examined", "parts", "Parts that are chosen.", shown=False),
        ),
        "totals": (
            Column("parts", "parts", "Parts of the portfolio."),
            Column("eligible", "parts", "Parts that every rule passes."),
            Column("unknown", "parts", "Parts of which too little is known."),
            Column("not_eligible", "parts", "Parts that a rule rejects."),
            Column("examined", "parts", "Parts that are chosen."),
            Column("effort_hours", "h", "Hours to examine them."),
            Column("expected_saving", "money", "What they are expected to save."),
            Column("score", "", "Sum of their scores."),
            Column("first_by_rank_saving", "money", "The same of as many parts, taken by rank."),
            Column("saving_not_known", "parts", "Candidates whose saving nobody can tell."),
        ),
    }

    def headline(self) -> tuple[str, ...]:
        """Return the answer in a few plain sentences."""
        return tuple(self._sentences())

    def _sentences(self) -> Iterator[str]:
        (total,) = self.rows["totals"]
        unknown = total["unknown"]
        yield (
            f"Of {counted(total['parts'], 'part')}, {total['eligible']:,} can be printed as far as "
            f"the rules say, {total['not_eligible']:,} cannot, and of {unknown:,} too little is "
            "known."
        )
        yield (
            f"Examine {counted(total['examined'], 'part')}, in "
            f"{amount(total['effort_hours'])} hours: they are expected to save "
            f"{money(total['expected_saving'], self.currency)}; as many parts taken by rank, "
            f"{money(total['first_by_rank_saving'], self.currency)}."
        )
        chosen = [str(row["part"]) for row in self.rows["examine"]]
        if chosen:
            yield f"First {listed(chosen, most=NAMED)}."
        waiting = [row for row in self.rows["missing"] if row["holds_up"] or row["saving_waits"]]
        waiting.sort(key=lambda row: -row["holds_up"] - row["saving_waits"])
        if waiting:
            words = [f"{row['attribute']} ({_why(row)})" for row in waiting[:NAMED]]
            yield f"Find out first: {listed(words)}."

    def part(self, name: str) -> Mapping[str, Any]:
        """Return the row of one part.

        Raises
        ------
        UsageError
            When there is no such part.
        """
        from amopt.errors import UsageError
        from amopt.instance.suggest import closest, did_you_mean, shown

        for row in self.rows["parts"]:
            if row["part"] == name:
                return row
        match = closest(name, [str(row["part"]) for row in self.rows["parts"][:10_000]])
        hint = f" {did_you_mean(match)}" if match else ""
        raise UsageError(f"the answer has no part {shown(name)}.{hint}")

    def facts(self, name: str) -> Table:
        """Return what is known of one part as rows of ``column``, ``value`` and ``meaning``.

        Raises
        ------
        UsageError
            When there is no such part.
        """
        row = self.part(name)
        return [
            {
                "column": column.name.replace("_", " "),
                "value": shown_value(row[column.name]),
                "meaning": column.meaning,
            }
            for column in self.columns["parts"]
        ]

    def graph(self) -> nx.DiGraph[str]:
        """Return who makes the chosen parts: an edge from each to the first machine that can.

        A chosen part, a node of the name ``"part: name"``, has ``rank``, ``score``,
        ``expected_saving`` and ``effort_hours`` as far as they are known; a machine, a node
        ``"machine: name"``, the ``parts``, ``effort_hours`` and ``expected_saving`` of what it can
        make. The graph has the ``totals``, and what the choice uses of each of its ``limits``.
        """
        import networkx as nx

        (total,) = self.rows["totals"]
        found: nx.DiGraph[str] = nx.DiGraph(
            decision=self.kind, name=self.name, currency=self.currency, totals=_known(total)
        )
        found.graph["limits"] = {row["limit"]: _known(row, "limit") for row in self.rows["limits"]}
        for row in self.rows["examine"]:
            node = f"part: {row['part']}"
            found.add_node(node, kind="part", **_known(row, "part", "machine"))
            if row["machine"] is None:
                continue
            machine = f"machine: {row['machine']}"
            if machine not in found:
                found.add_node(machine, kind="machine", parts=0, effort_hours=0.0)
                found.nodes[machine]["expected_saving"] = 0.0
            at = found.nodes[machine]
            at["parts"] += 1
            at["effort_hours"] += row["effort_hours"]
            at["expected_saving"] += row["expected_saving"] or 0.0
            found.add_edge(node, machine)
        return found


def _why(row: Mapping[str, Any]) -> str:
    """Return why an attribute is worth finding out."""
    held, waits = row["holds_up"], row["saving_waits"]
    found = [f"holds up {counted(held, 'part')}"] if held else []
    found += [f"saving of {counted(waits, 'part')} not known"] if waits else []
    return ", ".join(found)


def _known(row: Mapping[str, Any], *left_out: str) -> dict[str, Any]:
    """Return the cells of a row that have a value."""
    return {key: cell for key, cell in row.items() if cell is not None and key not in left_out}


def shown_value(value: Any) -> str:
    """Return a cell in words."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return amount(value, 4) if isinstance(value, float) else str(value)
