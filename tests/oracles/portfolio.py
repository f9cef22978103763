"""Screening from plain data by loops over parts, rules and sets: no arrays, no solver.

Every part is judged by every rule, with each unknown value tried as better and as worse than any
limit; weights are row products of powers of the matrix of judgements; every set of parts is tried.
"""

from __future__ import annotations

import math
from itertools import permutations
from typing import Any

TEXTS = ("material", "equipment", "purpose", "loading")
EDGES = ("length_mm", "width_mm", "height_mm")


def plain(text: str) -> str:
    """Return a text without capitals and doubled blanks."""
    return " ".join(text.lower().split())


def entries(row: dict[str, Any], attribute: str) -> set[str]:
    """Return the entries of a text cell."""
    return {plain(one) for one in str(row.get(attribute) or "").split(";")} - {""}


class Portfolio:
    """What a plain screening instance says of each part, and the best set by trying all."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data, self.rows = data, data["portfolio"]["rows"]
        self.verdict = {row["part"]: self._verdict(row) for row in self.rows}
        self.machine = {row["part"]: self._machine(row)[1] for row in self.rows}
        self.score = {row["part"]: self._score(row) for row in self.rows}
        self.saving = {row["part"]: self._saving(row) for row in self.rows}

    def _verdict(self, row: dict[str, Any]) -> str:
        said = [self._machine(row)[0]] if self.data.get("machines") else []
        said += [
            self._rule(rule, row) for rule in self.data.get("rules", ()) if not rule.get("needs")
        ]
        return "no" if "no" in said else "unknown" if "unknown" in said else "yes"

    @staticmethod
    def _rule(rule: dict[str, Any], row: dict[str, Any]) -> str:
        name = rule["attribute"]
        if name in TEXTS:
            own = entries(row, name)
            if not own:
                return "unknown"
            wanted = {plain(one) for one in rule.get("one_of") or own}
            unwanted = {plain(one) for one in rule.get("none_of") or ()}
            return "yes" if own & wanted and not own & unwanted else "no"
        value = row.get(name)
        if value is None:
            return "unknown"
        if rule.get("equals") is not None:
            return "yes" if value == rule["equals"] else "no"
        low, high = rule.get("at_least"), rule.get("at_most")
        passes = (low is None or value >= low) and (high is None or value <= high)
        return "yes" if passes else "no"

    def _machine(self, row: dict[str, Any]) -> tuple[str, str | None]:
        """Return whether a machine makes a part, and the first that does, or that could."""
        could: list[str] = []
        can: list[str] = []
        own = entries(row, "material")
        for machine in self.data.get("machines", ()):
            takes = {plain(one) for one in machine.get("materials") or ()}
            if takes and own and not takes & own:
                continue
            known = not takes or bool(own)
            room = machine.get("build_envelope")
            if room is not None:
                edges = [row.get(edge) for edge in EDGES]
                turned = any(
                    all(
                        edge is None or edge <= room[axis]
                        for edge, axis in zip(edges, turn, strict=True)
                    )
                    for turn in permutations(EDGES)
                )
                if not turned:
                    continue
                known = known and None not in edges
            could.append(machine["name"])
            if known:
                can.append(machine["name"])
        if can:
            return "yes", can[0]
        return ("unknown", could[0]) if could else ("no", None)

    def _weights(self, names: list[str], given: list[float | None]) -> list[float]:
        """Return weights that sum to 1: those given, or by powers of the matrix of judgements."""
        if given[0] is not None:
            return [float(one or 0) / sum(float(w or 0) for w in given) for one in given]
        times = {(name, name): 1.0 for name in names}
        for said in self.data["ranking"].get("comparisons", ()):
            if said["more"] in names and said["than"] in names:
                times[said["more"], said["than"]] = said["times"]
                times[said["than"], said["more"]] = 1 / said["times"]
        found = [1.0] * len(names)
        for _ in range(400):
            found = [sum(times[a, b] * w for b, w in zip(names, found, strict=True)) for a in names]
            found = [one / sum(found) for one in found]
        return found

    def _score(self, row: dict[str, Any]) -> float:
        ranking = self.data["ranking"]
        goals = ranking["goals"]
        unknown, total = ranking.get("missing_counts_as", 0.5), 0.0
        names = [goal["name"] for goal in goals]
        shares = self._weights(names, [goal.get("weight") for goal in goals])
        for goal, share in zip(goals, shares, strict=True):
            own = [one["name"] for one in goal["criteria"]]
            within = self._weights(own, [one.get("weight") for one in goal["criteria"]])
            for one, weight in zip(goal["criteria"], within, strict=True):
                worth = _worth(one, row)
                total += share * weight * (unknown if worth is None else worth)
        return total

    def _saving(self, row: dict[str, Any]) -> float | None:
        """Return the expected saving; None where nobody can tell, or where a rule rejects."""
        examination = self.data["examination"]
        verdict = self.verdict[row["part"]]
        if verdict == "no":
            return None
        chances = examination.get("success", {})
        chance = chances.get("eligible", 1.0) if verdict == "yes" else chances.get("unknown", 0.5)
        if row.get("expected_saving") is not None:
            return float(chance * row["expected_saving"])
        cost, printed = row.get("cost_per_part"), row.get("print_cost_per_part")
        share, horizon = examination.get("print_cost_share"), examination.get("horizon_years", 10)
        if printed is None and cost is not None and share is not None:
            printed = share * cost
        if row.get("demand_per_year") is None or cost is None or printed is None:
            return None
        years = min(horizon, row["remaining_years"]) if "remaining_years" in row else horizon
        needed = max(row["demand_per_year"] * years - row.get("stock", 0), 0)
        return float(chance * needed * max(cost - printed, 0))

    def best(self) -> float | None:
        """Return the most that a set within all limits brings; None where no set keeps them."""
        own = [row for row in self.rows if self.verdict[row["part"]] != "no"]
        values = [self._value(row) for row in own]
        counted, capacity, covers = self._limits(own)
        found: float | None = None

        def further(k: int, used: list[float], value: float, seen: frozenset[Any]) -> None:
            nonlocal found
            if any(one > most + 1e-9 for one, (_, most) in zip(used, capacity, strict=True)):
                return
            if k == len(own):
                short = any(one < least for one, (least, _) in zip(used, capacity, strict=True))
                lacking = any(sum(key[0] == a for key in seen) < n for a, n in covers.items())
                if not short and not lacking and (found is None or value > found):
                    found = value
                return
            more = [one + add for one, add in zip(used, counted[k], strict=True)]
            texts = {(a, text) for a in covers for text in self._texts(own[k], a)}
            further(k + 1, more, value + values[k], seen | texts)
            further(k + 1, used, value, seen)

        further(0, [0.0] * len(capacity), 0.0, frozenset())
        return found

    def _value(self, row: dict[str, Any]) -> float:
        if self.data["examination"].get("maximise") == "score":
            return self.score[row["part"]]
        return self.saving[row["part"]] or 0.0

    def _texts(self, row: dict[str, Any], attribute: str) -> set[str]:
        if attribute == "machine":
            machine = self.machine[row["part"]]
            return set() if machine is None else {plain(machine)}
        return entries(row, attribute)

    def _limits(self, own: list[dict[str, Any]]) -> tuple[Any, Any, dict[str, int]]:
        """Return what each part adds to each limit, its least and most, and texts to be covered."""
        examination = self.data["examination"]
        adds: list[list[float]] = [[1.0] * len(own)]
        ends: list[tuple[float, float]] = [(0.0, examination["most_parts"])]
        covers: dict[str, int] = {}
        default = examination.get("hours_per_part", 1.0)
        for effort in examination.get("efforts", ()):
            theirs = {plain(one) for one in effort.get("one_of", ())}
            name = effort.get("attribute")
            adds.append([
                row.get("effort_hours", default)
                if name is None or self._texts(row, name) & theirs else 0.0
                for row in own
            ])  # fmt: skip
            ends.append((0.0, effort["hours"]))
        for like in examination.get("diversity", ()):
            covers[like["attribute"]] = like.get("at_least_different", 0)
            if like.get("at_most") is not None:
                for text in {t for row in own for t in self._texts(row, like["attribute"])}:
                    adds.append([float(text in self._texts(row, like["attribute"])) for row in own])
                    ends.append((0.0, like["at_most"]))
        for share in examination.get("shares", ()):
            texts = [self._texts(row, share["attribute"]) for row in own]
            adds.append([float(plain(share["value"]) in one) for one in texts])
            most = share.get("at_most")
            ends.append((share.get("at_least") or 0, math.inf if most is None else most))
        return list(zip(*adds, strict=True)), ends, covers


def _worth(criterion: dict[str, Any], row: dict[str, Any]) -> float | None:
    """Return what a value is worth; None where it is not known."""
    name = criterion["attribute"]
    if "values" in criterion:
        listed = {plain(word): worth for word, worth in criterion["values"].items()}
        if name in TEXTS:
            return max((listed.get(one, 0.0) for one in entries(row, name)), default=None)
        return None if row.get(name) is None else listed.get("yes" if row[name] else "no", 0.0)
    value = row.get(name)
    if value is None:
        return None
    if "linear" in criterion:
        worst, best = criterion["linear"]["worst"], criterion["linear"]["best"]
        return float(min(1.0, max(0.0, (value - worst) / (best - worst))))
    if "logistic" in criterion:
        power = criterion["logistic"]["slope"] * (value - criterion["logistic"]["middle"])
        return 1 / (1 + math.exp(-power)) if power > -700 else 0.0
    reached = [step["worth"] for step in criterion["steps"] if step["from"] <= value]
    return float(reached[-1]) if reached else 0.0
