"""Which names a cell takes from the cells before it, and which it gives to those after it.

Found from the syntax tree. A name is given by an assignment, a definition or an import, and also
where its value is changed in place, or drawn from: a generator of random numbers is another one
after each use.
"""

from __future__ import annotations

import ast
from typing import NamedTuple

# A module is changed by functions of such names alone: np.set_printoptions, random.seed.
SETTING = ("set", "seed", "use")
# What makes a value that is changed by being used.
STATEFUL = ("default_rng", "RandomState", "Generator", "iter", "count", "cycle", "open")


class Names(NamedTuple):
    """Of a cell: what it takes and gives, and the names that each of its functions looks up.

    stateful and modules: the names that hold such a value after it, from cells above it too.
    """

    takes: frozenset[str]
    gives: frozenset[str]
    inside: dict[str, frozenset[str]]
    stateful: frozenset[str]
    modules: frozenset[str]


NONE = Names(frozenset(), frozenset(), {}, frozenset(), frozenset())


def names_of(source: str, above: Names = NONE) -> Names:
    """The names of a cell; none where its syntax is wrong.

    above: of the cells above it, their ``stateful`` names, whose values are changed by being used,
    and the names of ``modules``.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return NONE._replace(stateful=above.stateful, modules=above.modules)
    reader = _Reader(above)
    reader.block(tree.body)
    return Names(
        frozenset(reader.takes),
        frozenset(reader.given),
        {name: frozenset(found) for name, found in reader.inside.items()},
        frozenset(reader.stateful),
        frozenset(reader.modules),
    )


class _Reader:
    """Goes through the statements in their order, so that a name given is not taken afterwards."""

    def __init__(self, above: Names):
        self.takes, self.given, self.inside = set(), set(), {}
        self.bound, self.stateful, self.modules = set(), set(above.stateful), set(above.modules)

    def block(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found = _free(node)
            self.inside[node.name] = found
            self.take(found - {node.name})
            self.give({node.name})
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = {(a.asname or a.name).partition(".")[0] for a in node.names}
            self.give(names)
            self.modules |= names
        elif isinstance(node, ast.For | ast.AsyncFor):
            self.expression(node.iter)
            self.targets([node.target])
            self.block([*node.body, *node.orelse])
        elif isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                self.expression(item.context_expr)
                self.targets([item.optional_vars] if item.optional_vars else [])
            self.block(node.body)
        elif isinstance(node, ast.If | ast.While):
            self.expression(node.test)
            self.block([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            handlers = [s for handler in node.handlers for s in handler.body]
            self.block([*node.body, *handlers, *node.orelse, *node.finalbody])
        elif isinstance(node, ast.Assign):
            self.expression(node.value)
            self.targets(node.targets)
            self.remember(node.targets, node.value)
        elif isinstance(node, ast.AugAssign):
            self.expression(node.value)
            self.change(node.target)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self.expression(node.value)
                self.targets([node.target])
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                self.change(target)
        else:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                # x.sort(): called for what it does to x, or else its value would be kept.
                function = node.value.func
                if isinstance(function, ast.Attribute) and not self.only_looks(function):
                    self.change(function.value)
            self.expression(node)

    def expression(self, node: ast.AST) -> None:
        found = _free(node)
        self.take(found)
        self.given |= found & self.stateful
        for inner in ast.walk(node):
            if isinstance(inner, ast.NamedExpr):
                self.give({inner.target.id})
            elif isinstance(inner, ast.keyword) and inner.arg == "out":
                self.change(inner.value)

    def targets(self, targets: list[ast.expr]) -> None:
        for target in targets:
            if isinstance(target, ast.Name):
                self.give({target.id})
                self.stateful.discard(target.id)
                self.modules.discard(target.id)
            elif isinstance(target, ast.Tuple | ast.List):
                self.targets(target.elts)
            elif isinstance(target, ast.Starred):
                self.targets([target.value])
            else:
                self.change(target)

    def only_looks(self, function: ast.Attribute) -> bool:
        """Whether it is a function of a module that sets nothing in it."""
        of_module = isinstance(function.value, ast.Name) and function.value.id in self.modules
        return of_module and not function.attr.startswith(SETTING)

    def change(self, node: ast.expr) -> None:
        """A value that is changed in place: taken and given."""
        self.take(_free(node))
        while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
            node = node.func if isinstance(node, ast.Call) else node.value
        if isinstance(node, ast.Name):
            self.take({node.id})
            self.given.add(node.id)

    def remember(self, targets: list[ast.expr], value: ast.expr) -> None:
        function = value.func if isinstance(value, ast.Call) else None
        called = getattr(function, "attr", None) or getattr(function, "id", None)
        if called in STATEFUL:
            self.stateful |= {t.id for t in targets if isinstance(t, ast.Name)}

    def take(self, names: set[str]) -> None:
        self.takes |= names - self.bound

    def give(self, names: set[str]) -> None:
        self.given |= names
        self.bound |= names


def _free(node: ast.AST) -> set[str]:
    """Names that are looked up outside of the node: those of its own scopes are not."""
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Load) else set()
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        a = node.args
        own = {p.arg for p in [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg] if p}
        body = node.body if isinstance(node.body, list) else [node.body]
        outside = [*a.defaults, *filter(None, a.kw_defaults), *getattr(node, "decorator_list", [])]
        inner = set().union(*map(_free, body)) - own - set().union(*map(_bound, body))
        return inner | _global(body) | set().union(*map(_free, outside))
    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
        own = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
        return set().union(*map(_free, ast.iter_child_nodes(node))) - own
    return set().union(*map(_free, ast.iter_child_nodes(node)))


def _bound(node: ast.AST) -> set[str]:
    """Names that statements of a function bind in it."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Store) else set()
    if isinstance(node, ast.alias):
        return {(node.asname or node.name).partition(".")[0]}
    return set().union(*map(_bound, ast.iter_child_nodes(node)))


def _global(body: list[ast.AST]) -> set[str]:
    nodes = (node for part in body for node in ast.walk(part))
    return {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
