"""Every code block of the README and the docs does what it says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs_ledger import PRINTED

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", re.M | re.S)

LANGUAGES = {"python", "console", "sh", "yaml", "text", "bibtex", "json", "math", "diff"}
"""Languages that a block may be in; the first two are executed, yaml is checked below."""

INSTALLS = re.compile(r"^python3? -m (pip|venv) ")
"""Installing is not for a test: ``.ci/run`` executes those lines in new environments."""


def blocks(page: Path, language: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return [body for name, body in BLOCK.findall(text) if name == language]


EXTENDED = ROOT / "docs" / "extending.md"
"""Its Python runs where its diffs are applied: see ``test_extending.py``."""


STEPS = re.compile(r"^```(\w+) ?([\w./-]*)[^\n]*\n(.*?)^```", re.M | re.S)
"""The blocks of a page in their order: language, the file that it is, and what it says."""


def write_block(file: Path, body: str, *, changes: bool) -> None:
    """Write a block to its file, or change the lines that a diff takes out for those it adds."""
    if not changes:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(body, encoding="utf-8")
        return
    old, new = (
        "".join(line[1:] for line in body.splitlines(keepends=True) if line[0] == sign)
        for sign in "-+"
    )
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


def identify(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=identify)
def test_every_block_names_a_known_language(page: Path) -> None:
    fences = re.findall(r"^```([^\n`]*)$", page.read_text(encoding="utf-8"), re.M)
    opening = fences[::2]
    known = {name.split()[0] for name in opening if name and not name.startswith("{")}
    assert known <= LANGUAGES
    assert all(opening), "a block without a language is executed by nobody"


@pytest.mark.parametrize(
    "page", [p for p in PAGES if blocks(p, "python") and p != EXTENDED], ids=identify
)
def test_python_blocks_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__main__"}
    for body in blocks(page, "python"):
        exec(compile(body, str(page), "exec"), namespace)


def commands_of(block: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a console block, and the lines that the block says it prints."""
    command, told = "", []
    for line in re.sub(r"\\\n", " ", block).splitlines():
        if not line.startswith("$ "):
            assert command, "a console block begins with a command"
            told.append(line)
            continue
        if command:
            yield command, told
        command, told = line[2:], []
    yield command, told


def plainly(text: str) -> list[str]:
    """Return the lines of a text without what depends on the machine: seconds and widths."""
    text = re.sub(r"\d+\.\d\d s\b", "some s", re.sub("─+", "─", text))
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def is_printed(told: list[str], printed: list[str]) -> bool:
    """Tell whether lines are what is printed; ``...`` stands for any number of lines."""
    if not told:
        return not printed
    if told[0] == "...":
        return any(is_printed(told[1:], printed[k:]) for k in range(len(printed) + 1))
    return bool(printed) and told[0] == printed[0] and is_printed(told[1:], printed[1:])


def test_what_is_printed_is_compared_to_its_end() -> None:
    printed = plainly("best: 2 EUR; 0.25 s;\n\n plan   cost\n ─────\n a       3\n b       4\n")
    assert is_printed(plainly("best: 2 EUR; 7.31 s;\nplan cost\n──\na 3\nb 4"), printed)
    assert is_printed(plainly("best: 2 EUR; 7.31 s;\n...\nb 4"), printed)
    assert is_printed(["..."], printed)
    for wrong in ("best: 2 EUR; 0.25 s;", "best: 3 EUR; 0.25 s;\n...", "...\na 3", "...\nb 4\nc 5"):
        assert not is_printed(plainly(wrong), printed)


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "console")], ids=identify)
def test_console_blocks_run(page: Path, tmp_path: Path, amopt_command: Callable[..., Any]) -> None:
    """Each ``$ amopt`` line ends with 0, or with the code that a comment ``# exit N`` states.

    It prints what stands below it, where something does. A block that names a file is written to
    it first; a diff that does changes its lines. All together print what the ledger says.
    """
    printed = ""
    for language, name, body in STEPS.findall(page.read_text(encoding="utf-8")):
        if name:
            write_block(tmp_path / name, body, changes=language == "diff")
        if language != "console":
            continue
        for line, told in commands_of(body):
            command, _, remark = line.partition("  # exit ")
            words = shlex.split(command)
            assert words[0] == "amopt", line
            run = amopt_command(*words[1:])
            assert run.code == int(remark or 0), f"{line}\n{run.out}\n{run.err}"
            printed += run.out + run.err
            below = plainly("\n".join(told))
            assert not below or is_printed(below, plainly(run.out + run.err)), f"{line}\n{run.out}"
    for number in PRINTED.get(page.stem, "").split():
        assert re.search(rf"(?<![\d,.]){re.escape(number)}(?!\d|[.,]\d)", printed), number


@pytest.mark.parametrize("page", PAGES, ids=identify)
def test_what_a_command_prints_stands_where_it_is_compared(page: Path) -> None:
    """A block of text holds commands alone: nothing compares what follows one."""
    for language, _, body in STEPS.findall(page.read_text(encoding="utf-8")):
        if language == "text" and body.startswith("$ "):
            assert all(line.startswith("$ ") for line in body.splitlines())


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "sh")], ids=identify)
def test_shell_blocks_only_install(page: Path) -> None:
    for body in blocks(page, "sh"):
        for line in body.splitlines():
            assert INSTALLS.match(line), f"{line!r} is executed by nobody: use a console block"


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "yaml")], ids=identify)
def test_yaml_blocks_are_valid(page: Path) -> None:
    """A yaml block with a passport is an instance without findings; any other is at least yaml.

    What a block that names a file is, the page's commands say.
    """
    import yaml

    import amopt

    for language, name, body in STEPS.findall(page.read_text(encoding="utf-8")):
        data = yaml.safe_load(body) if language == "yaml" else None
        if not name and isinstance(data, dict) and "kind" in data and data["kind"] in amopt.KINDS:
            assert amopt.check(data) == []


def test_the_gallery_shows_every_decision() -> None:
    import amopt
    from docs._gallery import SHOWN

    assert set(SHOWN) == set(amopt.KINDS)
    assert {name.partition("/")[0] for name, _ in SHOWN.values()} == set(amopt.KINDS)
    assert all(amopt.check(name) == [] for name, _ in SHOWN.values())


NAMED = re.compile(r"`(amopt (?!\.\.\.)[^`|]+)`")


def test_commands_that_are_named_in_passing_are_there() -> None:
    """Whatever a page calls a command is one, and has the options that stand behind it."""
    from typer.main import get_command

    from amopt import cli

    top: Any = get_command(cli.app)
    seen = 0
    for page in PAGES:
        for said in NAMED.findall(page.read_text(encoding="utf-8")):
            command, words = top, said.split()[1:]
            while words and hasattr(command, "commands") and not words[0].startswith("-"):
                found = command.get_command(None, words.pop(0))
                assert found is not None, f"{page.name}: {said}"
                command = found
            options = {option for one in command.params for option in one.opts + one.secondary_opts}
            for word in words:
                if word.startswith("--"):
                    assert word in {*options, "--help"}, f"{page.name}: {said}"
            seen += 1
    assert seen > 100
