"""Forbidden code: evaluating text, running a shell, unpickling, and secrets from a weak random generator."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from adapters.settings.settings import ROOT

PACKAGES: Final = ("domain", "workflows", "activities", "adapters", "api", "cli")
MODULES: Final = [
    *(path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))),
    ROOT / "worker.py",
]

RUNS_TEXT: Final = frozenset({"eval", "exec", "compile", "__import__"})
ASKS_A_SHELL: Final = frozenset(
    {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell"}
)
WEAK: Final = frozenset({"hashlib.md5", "hashlib.sha1", "hashlib.new"})
"""SHA-1 is required in Twilio's signature and in one-time passwords, but there a library computes the HMAC."""

FORBIDDEN: Final = RUNS_TEXT | ASKS_A_SHELL | WEAK
OBJECTS_OUT_OF_BYTES: Final = frozenset({"pickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle"})
BY_CHANCE: Final = frozenset({"random"})
XML_READERS: Final = frozenset({"xml.sax", "xml.dom", "xml.parsers", "lxml", "defusedxml", "xmltodict"})
XML_READING: Final = frozenset({"parse", "iterparse", "fromstring", "XML", "XMLParser", "XMLPullParser"})


def faults(source: str) -> Iterator[str]:
    """Each forbidden construct of a module, with its line."""
    tree = ast.parse(source)
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                whole = each.name if each.asname else each.name.partition(".")[0]
                known[each.asname or whole] = whole
                yield from imported(each.name, node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                known[each.asname or each.name] = f"{node.module}.{each.name}"
                yield from imported(f"{node.module}.{each.name}", node.lineno)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from called(node, known)


def imported(name: str, line: int) -> Iterator[str]:
    """The faults of an import."""
    if name.partition(".")[0] in OBJECTS_OUT_OF_BYTES | BY_CHANCE or any(
        name == reader or name.startswith(f"{reader}.") for reader in XML_READERS
    ):
        yield f"line {line}: imports {name}"
    head, _, last = name.rpartition(".")
    if head == "xml.etree.ElementTree" and last in XML_READING:
        yield f"line {line}: reads XML"


def called(node: ast.Call, known: dict[str, str]) -> Iterator[str]:
    """The faults of a call."""
    head, _, rest = ast.unparse(node.func).partition(".")
    name = known.get(head, head) + (f".{rest}" if rest else "")
    if name in FORBIDDEN:
        yield f"line {node.lineno}: calls {name}"
    shell = next((word.value for word in node.keywords if word.arg == "shell"), None)
    if shell is not None and not (isinstance(shell, ast.Constant) and shell.value is False):
        yield f"line {node.lineno}: asks a shell"
    if name in {"sqlalchemy.text", "sqlmodel.text"} and any(map(put_together, node.args)):
        yield f"line {node.lineno}: a statement that is put together"
    if name.startswith("yaml.") and name.endswith("load") and name != "yaml.safe_load":
        yield f"line {node.lineno}: calls {name}"


def put_together(text: ast.expr) -> bool:
    """Whether a string is built from anything but constants of this project."""
    if isinstance(text, ast.JoinedStr):
        values = [part.value for part in text.values if isinstance(part, ast.FormattedValue)]
        return not all(isinstance(value, ast.Name) and value.id.isupper() for value in values)
    return isinstance(text, ast.BinOp)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_does_what_is_dangerous(path: Path) -> None:
    assert list(faults(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "eval('1')",
        "import os\nos.system('ls')",
        "from os import system as run\nrun('ls')",
        "import subprocess\nsubprocess.run('ls', shell=True)",
        "import asyncio\nasyncio.create_subprocess_shell('ls')",
        "import pickle",
        "from random import choice",
        "from hashlib import md5\nmd5(b'')",
        "import hashlib\nhashlib.sha1(b'')",
        "import yaml\nyaml.load('a')",
        "import xml.dom.minidom",
        "from lxml import etree",
        "from xml.etree.ElementTree import fromstring",
        "from sqlalchemy import text\ntext(f'SELECT {1}')",
    ],
)
def test_what_is_dangerous_is_seen(source: str) -> None:
    assert list(faults(source)) != []
