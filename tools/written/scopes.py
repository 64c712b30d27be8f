"""Which names a piece of code takes from outside itself, and putting something else in their place.

Python's rules of scope: a function's own names are those it binds anywhere in its body; the names
of a class body are seen by its statements and not by its methods.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def replace_outer(
    node: ast.AST, replacement: Callable[[list[str], bool], tuple[ast.expr, int]]
) -> ast.AST:
    """The node with every name that it reads from outside replaced; the node itself is changed.

    Args:
        node: a function, a class, an expression or a statement.
        replacement: given a chain such as ``["fault", "function"]`` for ``fault.function``, an
            expression and how many names of the chain it stands for. Its second argument says
            that a literal must not stand there: Python warns of ``None(x)`` and of ``1 is None``.

    Raises:
        ValueError: the code assigns to a name of the outside (``global``, ``nonlocal``).
    """
    return _Replacing(replacement).visit(node)


class _Replacing(ast.NodeTransformer):
    def __init__(self, replacement):
        self.replacement = replacement
        self.scopes: list[tuple[str, set[str]]] = []
        self.no_literals: set[ast.AST] = set()

    def visit_Call(self, node: ast.Call):
        self.no_literals.add(node.func)
        return self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript):
        self.no_literals.add(node.value)
        return self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare):
        self.no_literals.update((node.left, *node.comparators))
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name):
        return self._chain(node, [node.id]) if self._is_outer(node.id) else node

    def visit_Attribute(self, node: ast.Attribute):
        attributes, base = [], node
        while isinstance(base, ast.Attribute):
            attributes.append(base.attr)
            base = base.value
        if isinstance(base, ast.Name) and self._is_outer(base.id):
            return self._chain(node, [base.id, *reversed(attributes)])
        return self.generic_visit(node)

    def _chain(self, node, chain: list[str]):
        if not isinstance(node.ctx, ast.Load):
            if len(chain) == 1:
                raise ValueError(f"it assigns to {chain[0]}, which lies outside of it")
            chain = chain[:-1]
            kept, length = self.replacement(chain, True)
            kept = _attributes(kept, chain[length:])
            return ast.Attribute(kept, node.attr, node.ctx)
        kept, length = self.replacement(chain, node in self.no_literals)
        return _attributes(kept, chain[length:])

    def _is_outer(self, name: str) -> bool:
        for depth, (kind, names) in enumerate(reversed(self.scopes)):
            if name in names and (kind != "class" or depth == 0):
                return False
        return True

    def visit_Global(self, node):
        raise ValueError(f"it declares {', '.join(node.names)} global")

    def visit_Nonlocal(self, node):
        for name in node.names:
            if self._is_outer(name):
                raise ValueError(f"it assigns to {name}, which lies outside of it")
        return node

    def visit_FunctionDef(self, node):
        node.decorator_list = [self.visit(d) for d in node.decorator_list]
        return self._function(node, node.body)

    def visit_Lambda(self, node):
        return self._function(node, [node.body])

    def _function(self, node, body: list):
        node.args.defaults = [self.visit(d) for d in node.args.defaults]
        node.args.kw_defaults = [d and self.visit(d) for d in node.args.kw_defaults]
        self.scopes.append(("function", _arguments(node.args) | bound(body)))
        new = [self.visit(statement) for statement in body]
        self.scopes.pop()
        node.body = new[0] if isinstance(node, ast.Lambda) else new
        return node

    def visit_ClassDef(self, node):
        node.decorator_list = [self.visit(d) for d in node.decorator_list]
        node.bases = [self.visit(b) for b in node.bases]
        self.scopes.append(("class", bound(node.body)))
        node.body = [self.visit(statement) for statement in node.body]
        self.scopes.pop()
        return node

    def _comprehension(self, node):
        first = node.generators[0]
        first.iter = self.visit(first.iter)
        targets = set().union(*(bound([g.target]) for g in node.generators))
        self.scopes.append(("function", targets))
        for generator in node.generators:
            if generator is not first:
                generator.iter = self.visit(generator.iter)
            generator.ifs = [self.visit(test) for test in generator.ifs]
        for part in ("elt", "key", "value"):
            if hasattr(node, part):
                setattr(node, part, self.visit(getattr(node, part)))
        self.scopes.pop()
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension


def bound(body: list[ast.AST]) -> set[str]:
    """The names that these nodes bind in the scope they stand in."""
    found: set[str] = set()
    released: set[str] = set()
    todo = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
            continue
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.Nonlocal | ast.Global):
            released.update(node.names)
        elif isinstance(node, ast.Lambda):
            continue
        elif isinstance(node, _COMPREHENSIONS):
            # Its targets are its own; only := reaches the scope around it.
            walrus = (n for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
            found.update(n.target.id for n in walrus)
            continue
        todo += ast.iter_child_nodes(node)
    return found - released


def _arguments(args: ast.arguments) -> set[str]:
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    return {a.arg for a in every if a is not None}


def _attributes(base: ast.expr, names: list[str]) -> ast.expr:
    for name in names:
        base = ast.Attribute(base, name, ast.Load())
    return base
