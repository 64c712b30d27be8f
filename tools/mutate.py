"""Small changes of a Python source, one at a time: what a slip of the hand would make of it.

An existing tool (mutmut, cosmic-ray) changes modules and runs a test suite for each change; here
a change is a function in memory and its test takes a millisecond.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import NamedTuple


class Mutant(NamedTuple):
    """A changed source: where, what became what, and the syntax tree of all of it."""

    line: int
    change: str
    tree: ast.Module


_BINARY = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
}
_COMPARE = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
# A function of NumPy or torch for another of the same form.
_FUNCTIONS = {
    "mean": ("sum", "max"),
    "sum": ("mean",),
    "var": ("std",),
    "std": ("var",),
    "max": ("min",),
    "min": ("max",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
    "zeros": ("ones",),
    "ones": ("zeros",),
    "zeros_like": ("ones_like",),
    "ones_like": ("zeros_like",),
    "tanh": ("sin",),
    "argmax": ("argmin",),
    "all": ("any",),
    "any": ("all",),
    "amax": ("amin",),
    "amin": ("amax",),
}
# Left out, their argument stands in their place.
_LEFT_OUT = {"sqrt", "abs", "square", "exp", "log", "copy", "clip", "detach", "rsqrt", "sorted"}


def mutants(source: str, lines: set[int]) -> Iterator[Mutant]:
    """Every change of the source within the given lines (counted from 1), each alone.

    Names are exchanged for the other names of their function; a docstring is left as it is.
    """
    tree = ast.parse(source)
    seen = {ast.dump(tree)}
    for path, node, function in _nodes(tree, (), None):
        if getattr(node, "lineno", None) not in lines:
            continue
        for new in _changes(node, function):
            changed = _put(tree, path, new)
            dump = ast.dump(changed)
            if dump not in seen:
                seen.add(dump)
                was = ast.unparse(node).splitlines()[0]
                became = ast.unparse(new).splitlines()[0] if new is not None else "(left out)"
                yield Mutant(node.lineno, f"{was}  ->  {became}", changed)


def _nodes(node, path: tuple, function) -> Iterator[tuple]:
    """(path, node, the function around it) of every node; a path leads down from the root."""
    for field, value in ast.iter_fields(node):
        for index, child in enumerate(value) if isinstance(value, list) else ((None, value),):
            if not isinstance(child, ast.AST):
                continue
            inner = child if isinstance(child, ast.FunctionDef) else function
            here = (*path, (field, index))
            if isinstance(child, ast.expr | ast.stmt | ast.keyword):
                yield here, child, function
            yield from _nodes(child, here, inner)


def _put(tree: ast.Module, path: tuple, new) -> ast.Module:
    """A copy of the tree with the node at the path replaced, or left out for None."""
    changed = copy.deepcopy(tree)
    parent = changed
    for field, index in path[:-1]:
        parent = getattr(parent, field) if index is None else getattr(parent, field)[index]
    field, index = path[-1]
    if index is None:
        setattr(parent, field, new)
    elif new is None:
        items = getattr(parent, field)
        del items[index]
        if not items and field == "body":
            items.append(ast.Pass())
    else:
        getattr(parent, field)[index] = new
    return ast.fix_missing_locations(changed)


def _changes(node, function) -> Iterator[ast.AST | None]:
    """What may stand in a node's place; None leaves it out."""
    if isinstance(node, ast.BinOp):
        for operator in _BINARY.get(type(node.op), ()):
            yield ast.BinOp(node.left, operator(), node.right)
        if not isinstance(node.op, ast.Add | ast.Mult):
            yield ast.BinOp(node.right, node.op, node.left)
        yield node.left
        yield node.right
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for operator in _COMPARE.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [operator()], node.comparators)
    elif isinstance(node, ast.BoolOp):
        other = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        yield ast.BoolOp(other, node.values)
    elif isinstance(node, ast.Constant):
        yield from map(ast.Constant, _constants(node.value))
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield from _names(node, function)
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        for name in _FUNCTIONS.get(node.attr, ()):
            yield ast.Attribute(node.value, name, node.ctx)
        if node.attr == "T":
            yield node.value
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            for name in _own_attributes(function, node.attr):
                yield ast.Attribute(node.value, name, node.ctx)
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif isinstance(node, ast.keyword):
        yield None  # an option left at its default
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load):
        for i in range(len(node.elts) - 1):
            items = list(node.elts)
            items[i], items[i + 1] = items[i + 1], items[i]
            yield ast.Tuple(items, node.ctx)
    elif isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse
    elif isinstance(node, ast.If | ast.While):
        yield type(node)(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
        yield None
    elif isinstance(node, ast.AugAssign):
        for operator in _BINARY.get(type(node.op), ()):
            yield ast.AugAssign(node.target, operator(), node.value)
        yield None
    elif isinstance(node, ast.Assign | ast.For | ast.Raise | ast.Assert) or (
        isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)
    ):
        yield None


def _constants(value) -> tuple:
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int):
        return (value + 1, value - 1)
    if isinstance(value, float):
        return (value * 2, value + 1, 0.0)
    if value is None:
        return (0,)
    return ()


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    # np.sqrt(x) -> x, x.copy() -> x
    if name in _LEFT_OUT:
        if node.args:
            yield node.args[0]
        elif isinstance(node.func, ast.Attribute):
            yield node.func.value
    if name == "sqrt" and node.args and isinstance(inner := node.args[0], ast.BinOp):
        yield ast.BinOp(ast.Call(node.func, [inner.left], []), inner.op, inner.right)
    for i in range(len(node.args) - 1):
        arguments = list(node.args)
        arguments[i], arguments[i + 1] = arguments[i + 1], arguments[i]
        yield ast.Call(node.func, arguments, node.keywords)


def _names(node: ast.Name, function) -> Iterator[ast.expr]:
    if node.id == "eps":
        yield ast.Constant(0.0)
        yield ast.Constant(1e-5)
        yield ast.BinOp(node, ast.Pow(), ast.Constant(2))
    if function is None:
        return
    known = {a.arg for a in (*function.args.args, *function.args.kwonlyargs)}
    known |= {
        n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    if node.id in known:
        for name in sorted(known - {node.id, "self", "ctx", "_"}):
            yield ast.Name(name, node.ctx)


def _own_attributes(function, name: str) -> list[str]:
    """Other attributes of self that the same method touches."""
    if function is None:
        return []
    touched = {
        n.attr
        for n in ast.walk(function)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "self"
    }
    return sorted(touched - {name}) if name in touched else []
