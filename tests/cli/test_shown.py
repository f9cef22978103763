"""What is said where Ctrl-C comes while an answer is shown."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from amopt.cli import app
from amopt.report import terminal


def test_ctrl_c_while_an_answer_is_shown_does_not_deny_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(terminal, "print_solution", interrupted)
    run = CliRunner().invoke(app, ["solve", "printing/table-3-1"])
    assert run.exit_code == 130
    assert "stopped: the answer is known, and was not shown to its end" in run.stderr
    assert "there is no answer" not in run.stderr
