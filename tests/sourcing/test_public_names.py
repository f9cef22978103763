"""The public names of sourcing: functions, also once the files that hold them are imported."""

from __future__ import annotations

import importlib
import subprocess
import sys

import amopt.sourcing


def test_every_public_name_is_what_it_says_after_its_file_is_imported() -> None:
    for name in amopt.sourcing.__all__:
        value = getattr(amopt.sourcing, name)
        importlib.import_module(getattr(value, "__module__", "amopt.sourcing"))
        assert getattr(amopt.sourcing, name) is value


def test_no_file_hides_a_function_of_its_name() -> None:
    program = (
        "import importlib, pkgutil, types, amopt.sourcing as room\n"
        "for found in pkgutil.walk_packages(room.__path__, 'amopt.sourcing.'):\n"
        "    importlib.import_module(found.name)\n"
        "hidden = [n for n in room.__all__ if isinstance(getattr(room, n), types.ModuleType)]\n"
        "assert not hidden, hidden\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
