"""A group of commands in a file of its own, which is imported when one of them is asked for.

To build the options of all commands takes longer than to read a small instance, and a command line
has one command.
"""

from __future__ import annotations

import importlib
from typing import Any

from typer.core import TyperGroup
from typer.main import get_group_from_info
from typer.models import TyperInfo

__all__ = ["Late"]


class Late(TyperGroup):
    """The commands of the file of its name, from the first look at one of them on."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands."""
        self._fetch()
        return super().list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command; None where there is none of that name."""
        self._fetch()
        return super().get_command(ctx, cmd_name)

    def _fetch(self) -> None:
        """Import the file, unless it is there."""
        if self.commands:
            return
        own = get_group_from_info(
            TyperInfo(importlib.import_module(f"amopt.cli.{self.name}").app),
            pretty_exceptions_short=False,
            rich_markup_mode=self.rich_markup_mode,
            suggest_commands=self.suggest_commands,
        )
        self.commands.update(own.commands)
