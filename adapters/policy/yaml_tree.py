"""Parses YAML into a tree with line numbers, so that every fault can name its line.

Scalars follow the YAML 1.2 core schema: `true`/`false`, `null`, decimal numbers. Everything else is text:
`08:30`, `2026-10-01`, `0571`, `yes`, `on`. Tags are rejected. So are anchors and aliases, as a rule book must
be readable without them, unless the caller allows them; then no alias may lie within its own anchor, and a file
that would expand beyond `MAX_NODES` is still rejected.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class PolicyProblem:
    """One fault of a file: 1-based line, dotted key path (empty for the whole file), Chinese sentence."""

    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"第 {self.line} 行{f' {self.key}' if self.key else ''}：{self.message}"


@dataclass(frozen=True)
class Tree:
    """A value and the line of its key, or its own."""

    line: int
    value: "Scalar | dict[Scalar, Tree] | list[Tree]"

    def plain(self) -> Any:
        """The data without lines."""
        if isinstance(self.value, dict):
            return {key: below.plain() for key, below in self.value.items()}
        if isinstance(self.value, list):
            return [below.plain() for below in self.value]
        return self.value


_CORE: Final[Mapping[str, tuple[str, list[str]]]] = {
    "null": (r"^(?:~|null|Null|NULL|)$", [*"~nN", ""]),
    "bool": (r"^(?:true|True|TRUE|false|False|FALSE)$", [*"tTfF"]),
    "int": (r"^[-+]?(?:0|[1-9][0-9]*)$", [*"-+0123456789"]),
    "float": (r"^[-+]?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]+)?$", [*"-+0123456789"]),
}


class _Composer(yaml.SafeLoader):
    """Composes nodes with the core schema instead of YAML 1.1's."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


for _name, (_form, _first) in _CORE.items():
    _Composer.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(_form), _first)

_READ: Final[Mapping[str, Callable[[str], Scalar]]] = {
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:null": lambda _: None,
    "tag:yaml.org,2002:bool": lambda text: text.lower() == "true",
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": float,
}
_COLLECTIONS: Final = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}

MAX_NODES: Final = 100_000
"""Limit on the size of a document with its aliases expanded."""


def parse_yaml(text: str, *, aliases: bool = False) -> tuple[Tree | None, list[PolicyProblem]]:
    """Parse a YAML document; returns its tree (None if it is unreadable) and its faults."""
    try:
        node = yaml.compose(text, Loader=_Composer)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        return None, [PolicyProblem(mark.line + 1 if mark else 1, "", f"YAML 语法错误（{fault.problem}）")]
    except yaml.reader.ReaderError as fault:
        line = text.count("\n", 0, fault.position) + 1
        return None, [PolicyProblem(line, "", "含有不允许的控制字符")]
    except RecursionError:
        return None, [PolicyProblem(1, "", "嵌套层数过多")]
    if node is None:
        return None, [PolicyProblem(1, "", "文件是空的")]
    grower = _TreeBuilder(aliases)
    tree = grower.tree(node, node.start_mark.line + 1, ())
    return tree, grower.problems


class _TreeBuilder:
    def __init__(self, aliases: bool) -> None:
        self.problems: list[PolicyProblem] = []
        self._aliases = aliases
        self._seen: set[int] = set()
        self._open: set[int] = set()
        self._grown = 0

    def _report(self, node: yaml.Node, path: tuple[str, ...], message: str) -> None:
        self.problems.append(PolicyProblem(node.start_mark.line + 1, ".".join(path), message))

    def tree(self, node: yaml.Node, line: int, path: tuple[str, ...]) -> Tree:
        if id(node) in self._seen and not self._aliases:
            self._report(node, path, "不支持锚点与引用（& *），请写出内容，规程之间请用 extends")
            return Tree(line, None)
        if id(node) in self._open:
            self._report(node, path, "引用（*）指向了包含它自己的内容")
            return Tree(line, None)
        self._grown += 1
        if self._grown > MAX_NODES:
            if self._grown == MAX_NODES + 1:
                self._report(node, path, f"展开引用后内容过多，最多 {MAX_NODES} 项")
            return Tree(line, None)
        self._seen.add(id(node))
        self._open.add(id(node))
        grown = self._build(node, line, path)
        self._open.remove(id(node))
        return grown

    def _build(self, node: yaml.Node, line: int, path: tuple[str, ...]) -> Tree:
        self._check_tag(node, path)
        if isinstance(node, yaml.MappingNode):
            return Tree(line, self._mapping(node, path))
        if isinstance(node, yaml.SequenceNode):
            items = [
                self.tree(item, item.start_mark.line + 1, (*path, str(index))) for index, item in enumerate(node.value)
            ]
            return Tree(line, items)
        return Tree(line, self._scalar(node, path))

    def _mapping(self, node: yaml.MappingNode, path: tuple[str, ...]) -> dict[Scalar, Tree]:
        found: dict[Scalar, Tree] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._report(key_node, path, "键应为单个的词，不能是列表或映射")
                continue
            self._check_tag(key_node, path)
            key = self._scalar(key_node, path)
            below = (*path, str(key))
            line = key_node.start_mark.line + 1
            if key in found:
                self._report(key_node, below, f"键重复，第 {found[key].line} 行已有")
            found[key] = self.tree(value_node, line, below)
        return found

    def _scalar(self, node: yaml.Node, path: tuple[str, ...]) -> Scalar:
        try:
            return _READ.get(node.tag, str)(node.value)
        except ValueError:
            self._report(node, path, f"“{str(node.value)[:40]}”不是可用的值（{node.tag}）")
            return None

    def _check_tag(self, node: yaml.Node, path: tuple[str, ...]) -> None:
        if node.tag not in _READ and node.tag not in _COLLECTIONS:
            self._report(node, path, f"不支持的 YAML 标签 {node.tag}")
