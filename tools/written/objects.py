"""Functions and classes written from their own text, with nothing of bnlib in between.

What a function reads from outside of it (helpers of its module, what its closure holds) is
written before it under names of their own, plain values in place. So what a factory made becomes
a plain function again, as a student would have written it.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import sys
import types

from tools.written import sources
from tools.written.scopes import replace_outer
from tools.written.values import OPEN, CannotWrite, Values, is_ours, read


class Writer(Values):
    """Collects the statements that make an answer."""

    def function(self, function: types.FunctionType, name: str) -> str:
        """Write a function under a name."""
        node = self._source(sources.of_function, function)
        if isinstance(node, ast.Lambda):
            node = ast.FunctionDef(name, node.args, [ast.Return(node.body)], [])
        # They registered it, or the function would be what they made of it.
        node.name, node.decorator_list = name, []
        if not hasattr(node, "type_params"):
            node.type_params = []
        self.statements.append(self._filled(node, function))
        return name

    def _filled(self, node: ast.FunctionDef, function: types.FunctionType) -> ast.FunctionDef:
        """The definition with all that it reads from outside in place."""
        own = _closure(function)
        arguments = node.args
        for every in ast.walk(node):
            if isinstance(every, ast.arg):
                every.annotation = None
            elif isinstance(every, ast.FunctionDef):
                every.returns = None
        arguments.defaults, arguments.kw_defaults = [], [None] * len(arguments.kwonlyargs)
        self._take_imports(node, own)
        node = self._replaced(node, own, function.__globals__)
        defaults = function.__defaults__ or ()
        arguments.defaults = [self.expression(d, "default") for d in defaults]
        given = function.__kwdefaults__ or {}
        arguments.kw_defaults = [
            self.expression(given[a.arg], a.arg) if a.arg in given else None
            for a in arguments.kwonlyargs
        ]
        return node

    def _take_imports(self, node: ast.FunctionDef, names: dict) -> None:
        """Names that the body imports from bnlib become names of the outside."""

        class Taking(ast.NodeTransformer):
            def visit_ImportFrom(self, statement):
                if not is_ours(statement.module or "") or statement.module == OPEN:
                    return statement
                module = importlib.import_module(statement.module)
                for alias in statement.names:
                    names[alias.asname or alias.name] = getattr(module, alias.name)
                return ast.Pass()

        Taking().visit(node)

    def _replaced(self, node, own: dict, beside: dict):
        def replacement(chain: list[str], no_literal: bool):
            first = chain[0]
            if first in own:
                value = own[first]
            elif first in beside:
                value = beside[first]
            elif hasattr(builtins, first) or first == "__class__":
                return read(first), 1
            else:
                raise CannotWrite(f"{node.name} reads {first}, which has no value")
            length = 1
            while length < len(chain) and _fixed(value, chain[length]):
                value = getattr(value, chain[length])
                length += 1
            said = self.expression(value, chain[length - 1])
            if no_literal and not isinstance(said, ast.Name | ast.Attribute):
                said = self.variable(said, chain[length - 1])
            return said, length

        try:
            return replace_outer(node, replacement)
        except CannotWrite:
            raise
        except ValueError as error:
            raise CannotWrite(f"{node.name}: {error}") from None

    def _source(self, find, value):
        try:
            return find(value)
        except sources.NoSource as error:
            raise CannotWrite(str(error)) from None

    def class_(self, cls: type, name: str) -> str:
        """Write a class under a name."""
        if type(cls) is not type and is_ours(type(cls).__module__):
            raise CannotWrite(f"{cls.__qualname__} has a metaclass of its own")
        node = self._source(sources.of_class, cls)
        if node is None:
            body = [
                _assign(key, self._attribute(value, key))
                for key, value in vars(cls).items()
                if key not in ("__module__", "__dict__", "__weakref__", "__doc__")
            ]
            node = ast.ClassDef(name, [], [], body or [ast.Pass()], [])
        else:
            beside = vars(sys.modules[cls.__module__])
            node.decorator_list = [self._replaced(d, {}, beside) for d in node.decorator_list]
            node.body = [new for s in node.body for new in self._statements(s, cls, beside)]
        if not hasattr(node, "type_params"):
            node.type_params = []
        node.name = name
        bases = [b for b in _bases(cls) if b is not object]
        node.bases = [self.expression(b, "base") for b in bases]
        self.statements.append(node)
        return name

    def _attribute(self, value, key: str) -> ast.expr:
        if isinstance(value, staticmethod | classmethod):
            wrapped = self.expression(value.__func__, key)
            return ast.Call(read(type(value).__name__), [wrapped], [])
        if isinstance(value, property):
            parts = [self.expression(f, key) for f in (value.fget, value.fset, value.fdel)]
            return ast.Call(read("property"), parts, [])
        return self.expression(value, key)

    def _statements(self, node: ast.stmt, cls: type, beside: dict) -> list[ast.stmt]:
        """One statement of a class body, or the same in several."""
        own = vars(cls)
        if isinstance(node, ast.FunctionDef):
            lines = [node.lineno, *(d.lineno for d in node.decorator_list)]
            for function in sources.unwrapped(own.get(node.name)):
                if function.__code__.co_firstlineno in lines:
                    decorators, node.decorator_list = node.decorator_list, []
                    node = self._filled(node, function)
                    seen = {**beside, **own}
                    node.decorator_list = [self._replaced(d, {}, seen) for d in decorators]
                    return [node]
        elif isinstance(node, ast.Assign):
            targets = [n for t in node.targets for n in getattr(t, "elts", [t])]
            if all(isinstance(t, ast.Name) and t.id in own for t in targets):
                return [_assign(t.id, self._attribute(own[t.id], t.id)) for t in targets]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            key = node.target.id
            node.annotation = read("object")
            if node.value is not None:
                node.value = self.expression(getattr(cls, "_field_defaults", own)[key], key)
            return [node]
        elif isinstance(node, ast.Pass) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ):
            return [node]
        raise CannotWrite(f"{cls.__qualname__}: {ast.unparse(node).splitlines()[0]}")


def _bases(cls: type) -> tuple:
    # NamedTuple puts tuple in its place.
    return cls.__orig_bases__ if "_fields" in vars(cls) else cls.__bases__


def _closure(function: types.FunctionType) -> dict:
    found = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            raise CannotWrite(f"{function.__qualname__} reads {name}, which has no value") from None
    found.pop("__class__", None)
    return found


def _fixed(value, attribute: str) -> bool:
    """Whether the attribute is one that was set when the object was made: its value can stand."""
    if isinstance(value, types.ModuleType):
        return is_ours(value.__name__)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return attribute in value._fields and is_ours(type(value).__module__)
    if isinstance(value, type) or not is_ours(type(value).__module__):
        return False
    return attribute in getattr(value, "__dict__", {})


def _assign(name: str, value: ast.expr) -> ast.Assign:
    return ast.Assign([ast.Name(name, ast.Store())], value, lineno=0)
