"""``network: {include: network.yaml}``: a network in a file of its own, for several instances."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PureWindowsPath
from typing import Any

from amopt.instance.document import Document, load_document
from amopt.instance.findings import Problem
from amopt.instance.suggest import shown

__all__ = ["INCLUDE", "included", "leads_out"]

INCLUDE = "include"
_AT = ("network", INCLUDE)

NETWORK_KEYS = frozenset({"places", "lanes", "modes"})
"""The keys of a network, one of which an included file has to hold."""


def included(document: Document, folder: Path | None) -> list[Problem]:
    """Put an included network into a document, or return what is wrong with how it is named.

    What is wrong with the file that is included becomes findings of the document.

    Parameters
    ----------
    document
        The content of an instance file, which is changed.
    folder
        The folder that the instance file is in; None for data that never was a file.
    """
    network = document.data.get("network")
    if not isinstance(network, Mapping) or INCLUDE not in network:
        return []
    name = network[INCLUDE]
    problem = _misnamed(network, folder)
    if problem is None and folder is not None:
        held = load_document(folder / name)
        document.findings += held.findings
        document.parts["network"] = held
        if held.usable and not NETWORK_KEYS & held.data.keys():
            message = f"{shown(name)} holds no places, lanes or modes."
            problem = Problem("not-a-network", _AT, message)
        elif held.usable:
            document.data = {**document.data, "network": held.data}
    return [problem] if problem is not None else []


def _misnamed(network: Mapping[str, Any], folder: Path | None) -> Problem | None:
    """Return what is wrong with an include, before any file is opened."""
    name = network[INCLUDE]
    beside = [str(key) for key in network if key != INCLUDE]
    if beside:
        message = f"{', '.join(map(shown, beside[:3]))} stands beside the file that is included."
        return Problem("include-and-more", ("network", beside[0]), message)
    if not isinstance(name, str) or not name:
        message = f"{shown(name)} stands where the name of a file is wanted."
        return Problem("wrong-type", _AT, message, "Write it as text, such as network.yaml.")
    if folder is None:
        message = f"{shown(name)} is included by data that never was a file and has no folder."
        return Problem("include-without-folder", _AT, message)
    message = leads_out(name, folder)
    return Problem("include-outside", _AT, message) if message else None


def leads_out(name: str, folder: Path) -> str:
    """Return how the name of a file leads out of a folder, in words; empty where it does not."""
    windows = PureWindowsPath(name)  # knows both kinds of slashes
    if windows.anchor or windows.drive or Path(name).is_absolute() or ".." in windows.parts:
        return f"{shown(name)} leads out of the folder of the instance."
    try:
        inside = (folder / name).resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):
        inside = False
    if inside:
        return ""
    return f"{shown(name)} is a link that leads out of the folder of the instance."
