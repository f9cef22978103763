"""An answer of placement or sourcing -> rows of the schema's output tables."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from amopt.anura.outputs.flows import Row, together
from amopt.anura.outputs.placement import of_placement
from amopt.anura.outputs.sourcing import of_sourcing
from amopt.errors import UsageError

if TYPE_CHECKING:
    from amopt.solution import Solution

__all__ = ["output_tables"]

Tables = dict[str, list[Row]]

STATUS = {"optimal": "Optimal", "infeasible": "Infeasible"}
"""The schema's words of a solve; it has none for a feasible answer that is not proven."""


def output_tables(instance: Any, solution: Solution, scenario: str) -> Tables:
    """Return the output tables that hold an answer, each row of one scenario.

    Parameters
    ----------
    instance
        The instance of placement or sourcing that was answered.
    solution
        Its answer.
    scenario
        What the scenario is called.

    Raises
    ------
    UsageError
        For another decision, or an answer of another instance.
    """
    if instance.kind not in ("placement", "sourcing"):
        raise UsageError(f"the schema holds answers of placement and sourcing, not {instance.kind}")
    solution.instance_of_graph(instance)
    of_kind = of_placement if instance.kind == "placement" else of_sourcing
    tables: Tables = defaultdict(list)
    for table, row in of_kind(instance, solution):
        tables[table].append({"ScenarioName": scenario, **row})
    if flows := tables.pop("OptimizationFlowSummary", []):
        tables["OptimizationFlowSummary"] = together(flows)
    outcome = solution.outcome
    tables["OptimizationNetworkSummary"][0] |= {
        "SolveStatus": STATUS.get(str(solution.status), ""),
        "SolveType": "Single Objective",
        "SolveTime": sum(outcome.seconds.values()),
        "OptimizationGapPercentage": None if outcome.gap is None else 100.0 * outcome.gap,
    }
    from amopt.files.version import __version__

    said = f"amopt {__version__}, {instance.kind}: {instance.name}"
    tables["Scenarios"].append({"ScenarioName": scenario, "Status": "Include", "Description": said})
    return dict(tables)
