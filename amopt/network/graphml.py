"""GraphML documents -> graphs, and networks -> GraphML documents."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, ParseError

from amopt.errors import UsageError
from amopt.instance.findings import Problem
from amopt.instance.loader import refused
from amopt.instance.suggest import shown
from amopt.network.graphs import Edge, Node, RawGraph
from amopt.phrases import listed

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["read_graphml", "read_graphml_file", "write_graphml"]

_TRUTH = {"true": True, "1": True, "false": False, "0": False}

_TYPES: dict[str, Callable[[str], Any]] = {
    "boolean": lambda text: _TRUTH[text.casefold()],
    **dict.fromkeys(("int", "integer", "long"), int),
    **dict.fromkeys(("float", "double"), float),
}


_NO_LANES = {
    "hyperedge": "joins what a lane cannot",
    "port": "splits what a lane cannot",
    "graph": "stands inside another one",
}
"""What a document of one flat graph does not have, and why."""


class _Keys:
    """The attributes that a document declares, by their ids."""

    def __init__(self, root: Element) -> None:
        self.names: dict[str, str] = {}
        self.types: dict[str, str] = {}
        self.defaults: dict[str, dict[str, Any]] = {"node": {}, "edge": {}, "graph": {}}
        self.problems: list[Problem] = []
        for element in _children(root, "key"):
            key = element.get("id", "")
            self.names[key] = element.get("attr.name", key)
            self.types[key] = element.get("attr.type", element.get("yfiles.type", "string"))
            for default in _children(element, "default"):
                value = self.value(key, default, ("keys", key))
                for what in self.defaults:
                    if element.get("for", "all") in (what, "all"):
                        self.defaults[what][self.names[key]] = value

    def value(self, key: str, element: Element, where: tuple[str | int, ...]) -> Any:
        """Return the value of an element in the type of its key."""
        text = "".join(element.itertext())
        read = _TYPES.get(self.types.get(key, "string"))
        if read is None:
            return text
        try:
            return read(text.strip())
        except (ValueError, KeyError):
            message = f"{shown(text)} is no {self.types[key]}."
            advice = "Mend the value, or the attr.type of its key."
            self.problems.append(Problem("wrong-type", where, message, advice))
            return None

    def said(
        self,
        element: Element,
        attribute: str,
        words: Mapping[str, bool],
        where: tuple[str | int, ...],
        *,
        without: bool,
    ) -> bool:
        """Return what an attribute of XML says in one of two words, in capitals or not."""
        text = element.get(attribute)
        if text is None or text.strip().casefold() in words:
            return without if text is None else words[text.strip().casefold()]
        message = f"{shown(text)} is not {listed(list(words), 'or')}."
        self.problems.append(Problem("not-a-choice", (*where, attribute), message, "Mend it."))
        return without

    def data(self, element: Element, what: str, where: tuple[str | int, ...]) -> dict[str, Any]:
        """Return the attributes of a node, an edge or the graph, defaults included."""
        found, told = dict(self.defaults[what]), set()
        for held in _children(element, "data"):
            key = held.get("key", "")
            if key not in self.names:
                message = f"no key {shown(key)} is declared in the document."
                advice = "Declare it with a <key>, or mend the key of the <data>."
                self.problems.append(Problem("unknown-name", where, message, advice))
                continue
            name = self.names[key]
            if name in told:
                message, advice = f"{shown(name)} is given twice.", "Delete one of the two."
                self.problems.append(Problem("duplicate-key", where, message, advice))
            told.add(name)
            found[name] = self.value(key, held, (*where, name))
        return found


def read_graphml_file(path: str | Path) -> RawGraph:
    """Return the graph of a GraphML file; see :func:`read_graphml`.

    Raises
    ------
    InvalidInstanceError
        When the file is no GraphML document of one flat graph.
    UsageError
        When it cannot be read.
    """
    try:
        text = Path(path).read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise UsageError(f"the GraphML file {path} cannot be read: {why}") from error
    return read_graphml(text, str(path))


def read_graphml(text: str, file: str = "") -> RawGraph:
    """Return the graph of a GraphML document.

    A default of a key holds where an element gives no value; an edge may say for itself whether it
    is directed. A graph that does not say so is directed.

    Raises
    ------
    InvalidInstanceError
        When the text is no GraphML document of one flat graph.
    """
    from xml.etree import ElementTree

    if not text.lstrip().startswith("<"):
        raise _refusal("it does not begin as XML does, with '<'.", file)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise _refusal("a document type or entities are not read.", file)
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - entities are refused above
    except (ParseError, ValueError) as error:
        line = f" in line {error.position[0]}" if isinstance(error, ParseError) else ""
        raise _refusal(f"the XML is broken{line}.", file) from None
    graphs = _children(root, "graph")
    if _tag(root) != "graphml" or len(graphs) != 1:
        said = f"its outermost tag is <{_tag(root)}>" if _tag(root) != "graphml" else ""
        said = said or f"it has {len(graphs)} of <graph>, where one is wanted"
        raise _refusal(f"{said}.", file)
    keys, graph = _Keys(root), graphs[0]
    for what, why in _NO_LANES.items():
        if any(_tag(element) == what for inside in graph for element in inside.iter()):
            raise _refusal(f"it has a <{what}>, which {why}.", file)
    whole = keys.data(graph, "graph", ("graph",))
    nodes = [
        Node(element.get("id"), keys.data(element, "node", ("places", number)))
        for number, element in enumerate(_children(graph, "node"))
    ]
    ways = {"directed": True, "undirected": False}
    directed = keys.said(graph, "edgedefault", ways, ("graph",), without=True)
    edges = [
        _edge(element, keys, number, directed=directed)
        for number, element in enumerate(_children(graph, "edge"))
    ]
    raw = RawGraph(nodes, edges, whole, keys.problems)
    return _ours(raw) if whole.get("amopt") == "1" else raw


def _edge(element: Element, keys: _Keys, number: int, *, directed: bool) -> Edge:
    where = ("lanes", number)
    directed = keys.said(element, "directed", _TRUTH, where, without=directed)
    data = keys.data(element, "edge", where)
    return Edge(element.get("source"), element.get("target"), data, directed, element.get("id"))


def _ours(raw: RawGraph) -> RawGraph:
    """Read what :func:`write_graphml` has escaped."""
    whole = {key: value for key, value in raw.data.items() if key != "amopt"}
    try:
        modes = json.loads(_unescape(str(whole.pop("modes", "[]"))))
    except ValueError:
        raise _refusal("its modes are no JSON.") from None
    return RawGraph(
        [Node(node.id, _texts(node.data, _unescape)) for node in raw.nodes],
        [
            Edge(edge.tail, edge.head, _texts(edge.data, _unescape), edge.directed)
            for edge in raw.edges
        ],
        {**_texts(whole, _unescape), "modes": modes},
        raw.problems,
    )


def write_graphml(graph: nx.MultiDiGraph[str]) -> str:
    """Return a graph of places and lanes as a GraphML document."""
    import networkx as nx

    rest = {key: value for key, value in graph.graph.items() if key != "modes"}
    plain: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    plain.graph.update(_texts(_scalars(rest), _escape))
    plain.graph.update(amopt="1", modes=_escape(json.dumps(graph.graph.get("modes", []))))
    number = {name: f"n{node}" for node, name in enumerate(graph)}
    for name, data in graph.nodes(data=True):
        told = {**_texts(_scalars(data), _escape), "name": _escape(name)}
        plain.add_node(number[name])
        plain.nodes[number[name]].update(told)
    for tail, head, data in graph.edges(data=True):
        key = plain.add_edge(number[tail], number[head])
        plain.edges[number[tail], number[head], key].update(_texts(_scalars(data), _escape))
    document = BytesIO()
    nx.write_graphml_xml(plain, document, infer_numeric_types=False)
    return document.getvalue().decode()


def _scalars(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes that have a value, as numbers, truth values and texts."""
    return {
        key: value if isinstance(value, (str, int, float)) else json.dumps(value, default=str)
        for key, value in data.items()
        if value is not None
    }


def _refusal(what: str, file: str = "") -> Exception:
    which = file or "this"
    problem = Problem("syntax", (), f"{which} is no GraphML document that can be read: {what}")
    return refused({}, [problem])


def _children(element: Element, tag: str) -> list[Element]:
    """Return the children of a tag, in whatever namespace."""
    return [child for child in element if _tag(child) == tag]


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _texts(data: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """Return the data with every text changed."""
    return {key: change(value) if isinstance(value, str) else value for key, value in data.items()}


def _escape(text: str) -> str:
    """Write what XML cannot hold, and the backslash, as six hexadecimal digits."""
    return "".join(
        letter if letter.isprintable() and letter != "\\" else f"\\u{ord(letter):06x}"
        for letter in text
    )


def _unescape(text: str) -> str:
    """Read what :func:`_escape` wrote."""
    return re.sub(r"\\u([0-9a-f]{6})", lambda found: chr(int(found[1], 16)), text)
