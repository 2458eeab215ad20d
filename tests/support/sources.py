"""Our own source, read as text and syntax trees: what imports what, and which words the code uses."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

PACKAGES = ("metadata", "runtime", "connectors", "themes")


@dataclass(frozen=True)
class Import:
    """One name that an import statement reaches for, and where it stands."""

    target: str
    line: int
    in_function: bool
    for_types_only: bool


@dataclass(frozen=True)
class Module:
    """A parsed Python file."""

    name: str
    path: str
    tree: ast.Module
    is_package: bool

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @cached_property
    def imports(self) -> list[Import]:
        """Every import, at whatever depth."""
        return list(_imports(self.tree, self.package))


@cache
def syntax_of(file: Path) -> ast.Module:
    """The syntax tree of a file, parsed once however many tests look at it."""
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


@cache
def read_modules(root: Path, packages: tuple[str, ...] = PACKAGES) -> list[Module]:
    """The modules of those packages that exist."""
    files = (file for package in packages for file in sorted((root / package).rglob("*.py")))
    return [_named(file.relative_to(root), syntax_of(file)) for file in files]


def parse_module(path: Path, text: str) -> Module:
    """One module, named after its path."""
    return _named(path, ast.parse(text, str(path)))


def _named(path: Path, tree: ast.Module) -> Module:
    parts = path.with_suffix("").parts
    is_package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if is_package else parts)
    return Module(name, path.as_posix(), tree, is_package)


def _imports(node: ast.AST, package: str, in_function: bool = False, types_only: bool = False) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        for target in _targets(child, package):
            yield Import(target, child.lineno, in_function, types_only)  # type: ignore[attr-defined]
        inside = in_function or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        checking = types_only or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test))
        yield from _imports(child, package, inside, checking)


def _targets(node: ast.AST, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module or ""
    if node.level:
        above = package.split(".")
        base = ".".join(above[: len(above) - node.level + 1] + ([base] if base else []))
    return [base, *(f"{base}.{alias.name}" for alias in node.names)]


def import_cycles(modules: list[Module]) -> list[list[str]]:
    """Groups of modules that import each other when loaded; imports for type checkers alone do not count."""
    names = {module.name for module in modules}
    graph = {
        module.name: {
            found.target
            for found in module.imports
            if found.target in names and found.target != module.name and not (found.in_function or found.for_types_only)
        }
        for module in modules
    }
    reach = {name: _reachable(name, graph) for name in graph}
    groups = {frozenset(other for other in reach[name] if name in reach[other]) for name in graph if name in reach[name]}
    return sorted(sorted(group) for group in groups)


def _reachable(start: str, graph: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    ahead = list(graph[start])
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead.extend(graph[name])
    return seen


def words(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Identifiers and string literals with their lines; docstrings and comments are prose and left out."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value
        for field in ("id", "attr", "arg", "name"):
            value = getattr(node, field, None)
            if isinstance(value, str) and hasattr(node, "lineno"):
                yield node.lineno, value
