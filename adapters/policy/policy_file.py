"""Reads a YAML file into a model and reports every fault at once with its line.

`regimes` may build on one another before anything is validated: one with `extends: other` gets the other's
keys, mappings merged in depth, scalars and lists replaced, a key set to null removed. One with
`abstract: true` is a base only. A fault in an inherited key is reported on the base's line.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from adapters.policy.yaml_tree import PolicyProblem, Scalar, Tree, parse_yaml
from adapters.validation_messages import MISSING, wording

M = TypeVar("M", bound=BaseModel)
Lookup = Callable[[Sequence[str | int]], tuple[int, str]]

REGIMES: Final = "regimes"
EXTENDS: Final = "extends"
ABSTRACT: Final = "abstract"


class PolicyErrors(ValueError):  # noqa: N818 (it holds many errors)
    """A file that cannot be used. `problems` holds every fault found, by line."""

    def __init__(self, problems: Sequence[PolicyProblem]) -> None:
        self.problems: Final = sorted(set(problems), key=lambda problem: (problem.line, problem.key))
        super().__init__("\n".join(map(str, self.problems)))


def load(source: Path | str, model: type[M], *, aliases: bool = False) -> M:
    """Load a model from a file (a Path) or a YAML text (a str); YAML aliases only where allowed.

    Raises PolicyErrors with all problems: syntax, duplicate keys, inheritance, unknown keys, types, values.
    """
    tree, problems = _resolved(source, aliases)
    try:
        loaded = model.model_validate(tree.plain())
    except ValidationError as invalid:
        found = [_problem(tree, error) for error in invalid.errors(include_url=False)]
        raise PolicyErrors(problems + _without_consequences(found, problems)) from None
    if problems:
        raise PolicyErrors(problems)
    return loaded


def resolve(source: Path | str, *, aliases: bool = False) -> tuple[dict[str, Any], Lookup]:
    """The plain data after inheritance, abstract regimes left out, and a lookup of lines in it.

    The lookup takes a path of keys and indices and returns the nearest known line and its dotted key; it skips parts
    that name nothing, such as the branch of a union. Raises PolicyErrors.
    """
    tree, problems = _resolved(source, aliases)
    if problems:
        raise PolicyErrors(problems)
    return tree.plain(), lambda path: _locate(tree, path)


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a file for editors.

    Nothing inside a regime is required there, because a base may provide it.
    """
    schema = model.model_json_schema()
    regimes = schema.get("properties", {}).get(REGIMES)
    if regimes is None:
        return schema
    definitions = schema.get("$defs", {})
    for definition in definitions.values():
        definition.pop("required", None)
    values = regimes.get("additionalProperties") or next(iter(regimes["patternProperties"].values()))
    definitions[values["$ref"].rpartition("/")[2]]["properties"] |= {
        EXTENDS: {"type": "string"},
        ABSTRACT: {"type": "boolean"},
    }
    return schema


def _resolved(source: Path | str, aliases: bool) -> tuple[Tree, list[PolicyProblem]]:
    tree, problems = parse_yaml(_text(source), aliases=aliases)
    if tree is None:
        raise PolicyErrors(problems)
    if not isinstance(tree.value, dict):
        raise PolicyErrors([*problems, PolicyProblem(tree.line, "", "文件应为“键: 值”的映射")])
    regimes = tree.value.get(REGIMES)
    if regimes is None or not isinstance(regimes.value, dict):
        return tree, problems
    heirs = _Inheritance(regimes.value)
    finished = {name: heirs.finished(name) for name in regimes.value if not heirs.is_abstract(name)}
    merged: dict[Scalar, Tree] = tree.value | {REGIMES: Tree(regimes.line, finished)}
    return Tree(tree.line, merged), problems + heirs.problems


def _text(source: Path | str) -> str:
    if isinstance(source, str):
        return source
    try:
        return source.read_text("utf-8")
    except OSError as fault:
        raise PolicyErrors([PolicyProblem(1, "", f"无法读取 {source}：{fault.strerror}")]) from None
    except UnicodeDecodeError as fault:
        line = fault.object[: fault.start].count(b"\n") + 1
        raise PolicyErrors([PolicyProblem(line, "", "文件不是 UTF-8 编码")]) from None


class _Inheritance:
    """Regimes by id, and their merged forms with inherited keys."""

    def __init__(self, regimes: dict[Scalar, Tree]) -> None:
        self.problems: list[PolicyProblem] = []
        self._regimes = regimes
        self._finished: dict[Scalar, Tree] = {}

    def is_abstract(self, name: Scalar) -> bool:
        regime = self._regimes[name].value
        mark = regime.get(ABSTRACT) if isinstance(regime, dict) else None
        if mark is None or isinstance(mark.value, bool):
            return mark is not None and mark.value is True
        self._report(mark.line, name, ABSTRACT, f"应为 true 或 false，现为 {mark.plain()!r}")
        return False

    def finished(self, name: Scalar, chain: tuple[Scalar, ...] = ()) -> Tree:
        """The regime with all inherited keys, without `extends` and `abstract`."""
        if name not in self._finished:
            self._finished[name] = self._inherit(name, (*chain, name))
        return self._finished[name]

    def _inherit(self, name: Scalar, chain: tuple[Scalar, ...]) -> Tree:
        regime = self._regimes[name]
        if not isinstance(regime.value, dict):
            return regime
        own = {key: below for key, below in regime.value.items() if key not in {EXTENDS, ABSTRACT}}
        extends = regime.value.get(EXTENDS)
        if extends is None:
            return Tree(regime.line, own)
        base = extends.value
        if not isinstance(base, str):
            fault = f"应为另一规程的名称，现为 {extends.plain()!r}"
        elif base not in self._regimes:
            fault = f"没有名为“{base}”的规程"
        elif base in chain:
            fault = f"循环继承：{' → '.join(map(str, (*chain[chain.index(base) :], base)))}"
        else:
            return Tree(regime.line, _merge(self.finished(base, chain).value, own))
        self._report(extends.line, name, EXTENDS, fault)
        return Tree(regime.line, own)

    def _report(self, line: int, name: Scalar, key: str, message: str) -> None:
        self.problems.append(PolicyProblem(line, f"{REGIMES}.{name}.{key}", message))


def _merge(base: Any, own: dict[Scalar, Tree]) -> dict[Scalar, Tree]:
    merged: dict[Scalar, Tree] = dict(base) if isinstance(base, dict) else {}
    for key, below in own.items():
        above = merged.get(key)
        if below.value is None:
            merged.pop(key, None)
        elif above is not None and isinstance(above.value, dict) and isinstance(below.value, dict):
            merged[key] = Tree(below.line, _merge(above.value, below.value))
        else:
            merged[key] = below
    return merged


def _locate(tree: Tree, path: Sequence[str | int]) -> tuple[int, str]:
    known: list[str] = []
    for part in path:
        below = _below(tree, part)
        if below is not None:
            tree = below
            known.append(str(part))
    return tree.line, ".".join(known)


def _below(tree: Tree, part: str | int) -> Tree | None:
    if isinstance(tree.value, dict):
        return tree.value.get(part)
    if isinstance(tree.value, list) and isinstance(part, int) and part < len(tree.value):
        return tree.value[part]
    return None


def _problem(tree: Tree, error: ErrorDetails) -> PolicyProblem:
    line, key = _locate(tree, error["loc"])
    if error["type"] == "missing":
        key = ".".join(filter(None, (key, str(error["loc"][-1]))))
    return PolicyProblem(line, key, wording(error))


def _without_consequences(found: Sequence[PolicyProblem], inheritance: Sequence[PolicyProblem]) -> list[PolicyProblem]:
    """Leave out faults that a regime has only because its base is invalid."""
    orphans = tuple(fault.key.removesuffix(EXTENDS) for fault in inheritance if fault.key.endswith(f".{EXTENDS}"))
    return [fault for fault in found if fault.message != MISSING or not fault.key.startswith(orphans)]
