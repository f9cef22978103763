"""YAML text -> plain data, line by line where it is plain, or else from the parser's events.

Plain words are read as YAML 1.2 reads them: ``no``, ``on`` and dates stay text, ``1e3`` is a
number. Digits with a leading zero stay text, so that part number 007 does not become 7.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import yaml

from amopt.instance.findings import Key, path_text
from amopt.instance.formats.numerals import rewritten
from amopt.instance.formats.positions import MAX_DEPTH, Note, Parsed, Spot, Unusable
from amopt.instance.formats.thousands import THOUSAND, Pointed, thousands
from amopt.instance.formats.yaml_marks import marks
from amopt.instance.formats.yaml_syntax import syntax_slip
from amopt.instance.formats.yaml_words import WORDS, number
from amopt.instance.suggest import shown

__all__ = ["index", "parse"]

SMALL = 100_000  # characters up to which reading by lines saves less than it takes to load
MAX_REPEATED: Final = 1_000_000
"""How many values aliases may repeat in all."""

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_GLUED = re.compile(r"[ \t]+#\w[^\n,}\]]*")
_COMMENT = re.compile(r"[ \t]+#[ \t]")
_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = {_TAG + name for name in ("int", "float", "bool", "null")}
_KNOWN_TAGS = {None, "!", _TAG + "str", _TAG + "map", _TAG + "seq", *_PLAIN_TAGS}


def parse(text: str) -> Parsed:
    """Read YAML text.

    Raises
    ------
    Unusable
        When there is nothing to go on with: broken syntax, too deep nesting, exploding aliases.
    """
    if len(text) > SMALL:
        from amopt.instance.formats.block_yaml.lines import read

        if (found := read(text)) is not None:
            return Parsed(found.data, list(thousands(found.pointed, found.data)))
    builder = _run(_Builder, text)
    return Parsed(builder.root, [*builder.notes, *thousands(builder.pointed, builder.root)])


def index(text: str) -> Spot:
    """Return the lines of all values of YAML text that :func:`parse` has read."""
    return root if isinstance(root := _run(_Indexer, text).root, Spot) else Spot(1)


class _Frame:
    """A mapping or list that is being read."""

    __slots__ = ("anchor", "comma", "container", "key", "line", "merges", "number", "size", "state")

    def __init__(self, container: dict[str, Any] | list[Any], anchor: str | None) -> None:
        self.container = container
        self.anchor = anchor
        self.key = ""
        self.line = 0
        self.state = _LIST if isinstance(container, list) else _KEY
        self.merges: list[Any] = []
        self.size = 1
        # key, text, line and end of a number that a decimal comma may follow, in braces
        self.number: tuple[str, str, int, int] | None = None
        self.comma = False


_LIST, _KEY, _VALUE, _SKIP, _MERGE = range(5)


class _Builder:
    """Builds data from events."""

    def __init__(self) -> None:
        self.root: Any = None
        self.notes: list[Note] = []
        self.documents = 0
        self.repeated = 0
        self.frames: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, Any, int]] = {}
        self.words: dict[str, Any] = dict(WORDS)
        self.lines: Sequence[str] = ()
        self.with_point: set[str] = set()
        self.pointed: list[Pointed] = []

    def value(self, data: Any, line: int) -> Any:
        """Return what stands for ``data`` in the result."""
        return data

    def children(self, value: Any) -> Any:
        """Return the container within what :meth:`value` returned."""
        return value

    def scalar(self, event: yaml.ScalarEvent) -> None:
        line = _line(event)
        frame = self.frames[-1] if self.frames else None
        if frame is not None and frame.state == _KEY:
            if not self.goes_on(frame, event):
                self.begin_value(self.resolve(event), event.value, line, event.implicit[0])
            return
        resolved = self.resolve(event)
        if event.implicit[0]:
            self.look_at(resolved, event, frame)
        value = self.value(resolved, self.line(line))
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, None, 1)
        self.put(value)

    def goes_on(self, frame: _Frame, event: Any) -> bool:
        """Tell whether a key is what a decimal comma has cut off a number: ``{cost: 1,4}``."""
        if frame.number is None:
            return False
        key, text, line, end = frame.number
        start = event.start_mark
        if start.line != line or start.column != end + 1 or not event.value.isdigit():
            if frame.comma:
                self.tell_comma(frame)
            frame.number = None
            return False
        frame.number = (key, f"{text},{event.value}", line, event.end_mark.column)
        frame.comma, frame.state, frame.line = True, _SKIP, line + 1
        return True

    def tell_comma(self, frame: _Frame) -> None:
        """Note the number that stood with a comma within braces."""
        key, text, line, _ = frame.number or ("", "", 0, 0)
        message = f"within braces a comma ends the value: {text} is not read as one number."
        frame.key, frame.comma, advice = key, False, rewritten(text, key, whole=False, share=False)
        self.note("decimal-comma", message, advice, line + 1, key)

    def look_at(self, value: Any, event: Any, frame: _Frame | None) -> None:
        """Keep what a plain word may have been meant to be."""
        if isinstance(value, str):
            if self.lines:
                self.look_for_comment(event)
        elif frame is not None and frame.state == _VALUE:
            end = event.end_mark
            frame.number = (frame.key, event.value, end.line, end.column)
            if event.value in self.with_point:
                self.pointed.append(Pointed(self.path(), event.value, frame.line))

    def look_for_comment(self, event: Any) -> None:
        """Note a comment that may have been meant as part of a name: ``supplier: beta #2``."""
        end = event.end_mark
        cut = _GLUED.match(self.lines[end.line], end.column) if end.line < len(self.lines) else None
        if cut is not None and event.value:
            text = f"{event.value}{_COMMENT.split(cut[0])[0].rstrip()}"
            message = f"the text is {shown(event.value)}: what follows the '#' is a comment."
            advice = f"Write {shown(text)} if it belongs to the text, or a blank after the '#'."
            self.notes.append(Note("hidden-comment", self.path(), message, advice, end.line + 1))

    def resolve(self, event: yaml.ScalarEvent) -> Any:
        """Return the value of a scalar by its tag and style."""
        text = event.value
        if event.tag is None:
            if not event.implicit[0]:
                return text
        elif event.tag not in _PLAIN_TAGS:
            self.refuse_tag(event)
            return text
        words = self.words
        if text in words:
            return words[text]
        value = number(text)
        if isinstance(value, float) and THOUSAND.fullmatch(text):
            self.with_point.add(text)
        words[text] = value
        return value

    def begin_value(self, key: Any, text: str, line: int, plain: bool) -> None:
        """Take a scalar as the key of the value that follows."""
        frame = self.frames[-1]
        frame.line, frame.state = line, _VALUE
        if key == "<<" and plain:
            frame.state = _MERGE
            return
        frame.key = text
        if not isinstance(key, str):
            self.note(
                "key-not-text",
                f"the key {shown(text)} is not text.",
                f"Write it in quotes: {shown(text)}.",
                line,
                text,
            )
        if text in frame.container:
            frame.state = _SKIP
            self.note("duplicate-key", f"the key {shown(text)} is written twice.", "", line, text)

    def begin(self, event: Any, container: Any) -> None:
        """Open a mapping or a list."""
        line = _line(event)
        if event.tag not in _KNOWN_TAGS:
            self.refuse_tag(event)
        if len(self.frames) >= MAX_DEPTH:
            raise Unusable(
                Note(
                    "nesting-too-deep",
                    self.path(),
                    f"values are nested more than {MAX_DEPTH} deep.",
                    line=line,
                )
            )
        if self.frames and self.frames[-1].state == _KEY:
            self.note("key-not-text", "a list or mapping stands as a key.", "", line)
            self.frames[-1].state = _SKIP
        else:
            value = self.value(container, self.line(line))
            if event.anchor is not None:
                self.anchors[event.anchor] = (value, container, 0)
            self.put(value)
        self.frames.append(_Frame(container, event.anchor))

    def begin_mapping(self, event: yaml.MappingStartEvent) -> None:
        self.begin(event, {})

    def begin_list(self, event: yaml.SequenceStartEvent) -> None:
        self.begin(event, [])

    def end(self, event: Any) -> None:
        """Close a mapping or a list."""
        frame = self.frames[-1]
        if frame.comma:
            self.tell_comma(frame)
        for merged in frame.merges:
            self.merge(frame, merged)
        self.frames.pop()
        if self.frames:
            self.frames[-1].size += frame.size
        if frame.anchor is not None and frame.anchor in self.anchors:
            value, container, _ = self.anchors[frame.anchor]
            if container is frame.container:
                self.anchors[frame.anchor] = (value, container, frame.size)

    def merge(self, frame: _Frame, merged: Any) -> None:
        """Add the entries of what follows ``<<``: a mapping, or several in a list."""
        children = self.children(merged)
        for part in children if isinstance(children, list) else [merged]:
            entries = self.children(part)
            if isinstance(entries, dict) and isinstance(frame.container, dict):
                for key, value in entries.items():
                    frame.container.setdefault(key, value)
            else:
                message = "'<<' must be followed by a mapping or an alias of one."
                self.note("syntax", message, "", frame.line, "<<")

    def alias(self, event: yaml.AliasEvent) -> None:
        """Repeat an anchored value."""
        line = _line(event)
        value, _, size = self.anchors.get(str(event.anchor), (None, None, -1))
        name = shown(event.anchor)[1:-1]
        if size < 0:
            message = f"the alias *{name} repeats a value that no &{name} marks."
            self.note("syntax", message, "", line)
        elif size == 0:
            message = f"the alias *{name} stands inside the value &{name} itself."
            self.note("recursive-alias", message, "", line)
            value = None
        self.repeated += max(size, 1)
        if self.repeated > MAX_REPEATED:
            message = f"aliases repeat more than {MAX_REPEATED:,} values."
            raise Unusable(Note("alias-explosion", self.path(), message, line=line))
        if self.frames and self.frames[-1].state == _KEY:
            text = str(value) if isinstance(value, (str, int, float)) else name
            self.begin_value(value, text, line, False)
            return
        if self.frames:
            self.frames[-1].size += max(size, 1)
        self.put(self.value(self.children(value), self.line(line)))

    def put(self, value: Any) -> None:
        """Place a value where the last event stands."""
        if not self.frames:
            self.root = value
            return
        frame = self.frames[-1]
        frame.size += 1
        if frame.state == _LIST:
            frame.container.append(value)  # type: ignore[union-attr]
            return
        if frame.state == _VALUE:
            frame.container[frame.key] = value  # type: ignore[call-overload]
        elif frame.state == _MERGE:
            frame.merges.append(value)
        frame.state = _KEY

    def line(self, line: int) -> int:
        """Return the line by which a value is found: its key's in a mapping."""
        if self.frames and self.frames[-1].state in (_VALUE, _MERGE):
            return self.frames[-1].line
        return line

    def document(self, event: Any) -> None:
        """Begin a document; an instance is one."""
        self.documents += 1
        if self.documents > 1:
            message = "the file holds more than one YAML document."
            line = _line(event)
            raise Unusable(Note("several-documents", (), message, line=line))

    def refuse_tag(self, event: Any) -> None:
        if event.tag not in _KNOWN_TAGS:
            line = _line(event)
            tag = shown(event.tag.replace(_TAG, "!!"))
            message = f"the tag {tag} is not one of instance files."
            self.note("unknown-tag", message, "Leave the tag out.", line)

    def path(self) -> Key:
        """Return the key path of the value at which the last event stands."""
        path: list[str | int] = []
        for frame in self.frames:
            if isinstance(frame.container, list):
                path.append(len(frame.container) - (frame is not self.frames[-1]))
            else:
                path.append(frame.key)
        return tuple(path)

    def note(self, code: str, message: str, advice: str, line: int, key: str | None = None) -> None:
        path = self.path()
        if key is not None:
            path = (*path[:-1], key)
        self.notes.append(Note(code, path, message, advice, line))


class _Indexer(_Builder):
    """Builds the lines of values from the same events."""

    def value(self, data: Any, line: int) -> Any:
        return Spot(line, data if isinstance(data, (dict, list)) else None)

    def children(self, value: Any) -> Any:
        return value.children if isinstance(value, Spot) else None


def _line(event: Any) -> int:
    """Return the line on which an event begins, counted from 1."""
    return int(event.start_mark.line) + 1


def _run(builder_type: type[_Builder], text: str) -> _Builder:
    """Feed a builder with the events of a text."""
    builder = builder_type()
    if _GLUED.search(text):
        builder.lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", text)
    actions: dict[type, Any] = {
        yaml.ScalarEvent: builder.scalar,
        yaml.MappingStartEvent: builder.begin_mapping,
        yaml.SequenceStartEvent: builder.begin_list,
        yaml.MappingEndEvent: builder.end,
        yaml.SequenceEndEvent: builder.end,
        yaml.AliasEvent: builder.alias,
        yaml.DocumentStartEvent: builder.document,
    }
    try:
        parser = _LOADER(text)
        while (event := parser.get_event()) is not None:
            action = actions.get(type(event))
            if action is not None:
                action(event)
    except yaml.YAMLError as error:
        _refuse_deep(text)
        raise Unusable(_syntax(error, text, builder)) from None
    return builder


def _refuse_deep(text: str) -> None:
    """Raise when brackets are nested too deep: the text up to the first too many tells of them."""
    _, end = marks(text, depth=MAX_DEPTH + 1)
    if end < len(text):
        try:
            _run(_Builder, text[:end])
        except Unusable as unusable:
            if unusable.note.code == "nesting-too-deep":
                raise


def _syntax(error: yaml.YAMLError, text: str, builder: _Builder) -> Note:
    """Say in a planner's words what broke the syntax."""
    if not isinstance(error, yaml.MarkedYAMLError):
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        return Note("syntax", (), "there is a character that YAML does not allow.", line=line)
    frames, path = builder.frames, builder.path()
    found = syntax_slip(error, text, in_list=bool(frames) and frames[-1].state == _LIST)
    if found.indentation and frames and frames[-1].state != _LIST:
        path = path[:-1]  # the last key is that of a neighbour
    within = f" (within {path_text(path)})" if path and path[0] != "" else ""
    return Note(
        "syntax", (), f"the YAML is broken: {found.message}{within}.", found.advice, found.line
    )
