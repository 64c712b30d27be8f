"""What an expression may stand for, and which names it uses; part of the reader of cells."""

from __future__ import annotations

import ast

from bnlib.grader.borrowing.scopes import (
    CLASS,
    COMPREHENSION,
    FUNCTION,
    MODULE,
    Scope,
    parameters,
)
from bnlib.grader.borrowing.skimming import Skimming
from bnlib.grader.borrowing.values import (
    LONGEST_TEXT,
    PARAMETER,
    Code,
    Held,
    Value,
    elements,
    flat,
    made,
    step,
    text,
    together,
)

# Expressions within expressions that are followed; a chain of calls or of sums counts once.
DEEPEST_EXPRESSION = 40

_SPINE = (ast.Attribute, ast.Subscript, ast.Call)


class Expressions(Skimming):
    """The half of the Reader that looks at expressions."""

    def value(self, node: ast.expr, scope: Scope, depth: int) -> Value:
        """What the expression may stand for; the scope is told what it uses."""
        kind = type(node)
        if kind is ast.Constant:
            return ()
        if kind is ast.Name:
            value = scope.look_up(node.id)
            scope.mention(value)
            return value
        if depth > DEEPEST_EXPRESSION:
            self.skim(node, scope)
            return ()
        if kind in _SPINE:
            return self.spine(node, scope, depth)
        handler = _EXPRESSION.get(kind)
        if handler is not None:
            return handler(self, node, scope, depth + 1)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, scope, depth + 1)
        return ()

    def spine(self, node: ast.expr, scope: Scope, depth: int) -> Value:
        """``a.b(c)[d].e``, from the inside out."""
        steps = []
        while type(node) in _SPINE:
            steps.append(node)
            node = node.func if type(node) is ast.Call else node.value
        free = None
        if type(node) is ast.Name:
            value = scope.look_up(node.id)
            free = None if scope.is_local(node.id) else node.id
        else:
            value = self.value(node, scope, depth + 1)
        for outer in reversed(steps):
            kind = type(outer)
            if kind is ast.Attribute:
                value = step(value, outer.attr)
            elif kind is ast.Subscript:
                value = self.subscript(value, outer.slice, scope, depth)
            else:
                scope.mention(value)
                value = self.call(value, outer, free, scope, depth)
            free = None
        scope.mention(value)
        return value

    def subscript(self, value: Value, key: ast.expr, scope: Scope, depth: int) -> Value:
        if type(key) is ast.Constant:
            return step(value, f"[{key.value}"[:LONGEST_TEXT])
        self.value(key, scope, depth + 1)
        return step(value, f"[{text(key) or ''}"[:LONGEST_TEXT])

    def call(self, value: Value, node: ast.Call, free: str | None, scope, depth: int) -> Value:
        """What a call returns. free: the name that is called, where it is one that is not local."""
        special = _SPECIAL.get(free)
        if special is not None:
            known = special(self, node, scope, depth)
            if known is not None:
                return known
        literal = text(node.args[0]) if node.args else ""
        if literal and _name(node.func) in ("import_module", "__import__"):
            self.imports.add(literal.partition(".")[0][:LONGEST_TEXT])
        if literal is not None and len(node.args) <= 1 and not node.keywords:
            return step(value, f"({literal}"[:LONGEST_TEXT])
        arguments = [self.value(one, scope, depth + 1) for one in node.args]
        arguments += [self.value(one.value, scope, depth + 1) for one in node.keywords]
        if literal and (scope.kind != MODULE or not together(*arguments)):
            # importlib.import_module("torch", None)
            return step(value, f"({literal}"[:LONGEST_TEXT])
        if scope.kind == MODULE:
            return made(value, together(*arguments))
        if any(type(one) is tuple and one[-1] == "partial" for one in value):
            return together((scope.code,) if scope.code else (), *arguments)
        return ()

    # Calls of builtins whose meaning the tree shows

    def _getattr(self, node, scope, depth):
        name = text(node.args[1]) if len(node.args) > 1 else None
        if name is None or not name.isidentifier():
            return None
        values = [self.value(one, scope, depth + 1) for one in (node.args[0], *node.args[2:])]
        return together(step(values[0], name[:LONGEST_TEXT]), *values[1:])

    def _vars(self, node, scope, depth):
        if len(node.args) != 1:
            return (("globals", "("),)
        return step(self.value(node.args[0], scope, depth + 1), "__dict__")

    def _eval(self, node, scope, depth):
        source = text(node.args[0]) if node.args else None
        tree = None if source is None else self.literal_code(source, "eval")
        if tree is None:
            return None
        self.in_literal = True
        value = self.value(tree.body, scope, depth + 1)
        self.in_literal = False
        return value

    def _exec(self, node, scope, depth):
        source = text(node.args[0]) if node.args else None
        tree = None if source is None else self.literal_code(source, "exec")
        if tree is None:
            return None
        self.in_literal = True
        self.run(tree.body, scope, True, depth + 1)
        self.in_literal = False
        return ()

    def as_global(self, target: ast.expr, scope: Scope) -> str | None:
        """The name that ``globals()["name"] = ...`` binds, or None."""
        if (
            type(target) is ast.Subscript
            and type(target.value) is ast.Call
            and type(target.value.func) is ast.Name
            and not target.value.args
            and (target.value.func.id == "globals" or scope.kind == MODULE)
            and target.value.func.id in ("globals", "locals", "vars")
        ):
            return text(target.slice)
        return None

    # Functions and classes, where they are made

    def at_definition(self, node: ast.expr, scope: Scope, code: Code, depth: int) -> None:
        """A decorator, a base: looked up when the function or class is made."""
        if scope.code is not None:
            self.value(node, scope, depth + 1)
            return
        context = Scope(CLASS, scope, code)
        self.value(node, context, depth + 1)
        context.leave()

    def defaults(self, node, scope: Scope, code: Code, depth: int) -> None:
        """Values of the arguments that are not given."""
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is None or type(default) is ast.Constant:
                continue
            if scope.kind in (MODULE, CLASS) and (
                scope.kind == MODULE or scope.parent.code is None
            ):
                # Only what it stands for counts: the `eps` of `finfo(...)` is a number.
                context = Scope(MODULE, scope, None)
                context.names = scope.names
                if value := self.value(default, context, depth + 1):
                    code.held.append(value)
            else:
                self.value(default, scope, depth + 1)

    def gives(self, code: Code, value: Value) -> None:
        """Note what a function of the notebook returns."""
        if PARAMETER in value:
            code.passes = True
        code.gives = together(code.gives, tuple(one for one in value if one is not PARAMETER))

    def _lambda(self, node, scope, depth):
        code = scope.code or Code("<lambda>")
        self.defaults(node, scope, code, depth)
        inner = Scope(FUNCTION, scope, code)
        inner.names = parameters(node)
        value = self.value(node.body, inner, depth)
        inner.leave()
        if scope.code is None:
            self.gives(code, value)
            self.define(code)
        return (code,)

    # Containers and choices

    def _sequence(self, node, scope, depth):
        values = [self.value(one, scope, depth) for one in node.elts]
        if not any(values):
            return ()
        keys = {}
        if type(node) is not ast.Set and not any(type(e) is ast.Starred for e in node.elts):
            keys = {str(i): one for i, one in enumerate(values)}
        return (Held(keys, together(*map(flat, values))),)

    def _dict(self, node, scope, depth):
        values = [self.value(one, scope, depth) for one in node.values]
        keys = {}
        for key, one in zip(node.keys, values, strict=True):
            if key is not None and type(key) is not ast.Constant:
                self.value(key, scope, depth)
            elif key is not None:
                keys[str(key.value)[:LONGEST_TEXT]] = one
        if not any(values):
            return ()
        if len(keys) < len(node.keys):
            keys = {}
        return (Held(keys, together(*map(flat, values))),)

    def _starred(self, node, scope, depth):
        return elements(self.value(node.value, scope, depth))

    def _choice(self, node, scope, depth):
        self.value(node.test, scope, depth)
        return together(self.value(node.body, scope, depth), self.value(node.orelse, scope, depth))

    def _bool(self, node, scope, depth):
        return together(*[self.value(one, scope, depth) for one in node.values])

    def _sum(self, node, scope, depth):
        # A sum of a thousand terms is a thousand deep.
        while type(node) is ast.BinOp:
            self.value(node.right, scope, depth)
            node = node.left
        self.value(node, scope, depth)
        return ()

    def _walrus(self, node, scope, depth):
        value = self.value(node.value, scope, depth)
        around = scope
        while around.kind == COMPREHENSION:
            around = around.parent
        self.bind(node.target.id, value, around, False)
        return value

    def _comprehension(self, node, scope, depth):
        inner = Scope(COMPREHENSION, scope, scope.code)
        for i, loop in enumerate(node.generators):
            value = elements(self.value(loop.iter, inner if i else scope, depth))
            self.assign(loop.target, value, inner, True)
            for condition in loop.ifs:
                self.value(condition, inner, depth)
        if type(node) is ast.DictComp:
            self.value(node.key, inner, depth)
            value = self.value(node.value, inner, depth)
        else:
            value = self.value(node.elt, inner, depth)
        inner.leave()
        return (Held({}, flat(value)),) if value else ()


def _name(node: ast.expr) -> str | None:
    return getattr(node, "id", None) or getattr(node, "attr", None)


_EXPRESSION = {
    ast.Lambda: Expressions._lambda,
    ast.Tuple: Expressions._sequence,
    ast.List: Expressions._sequence,
    ast.Set: Expressions._sequence,
    ast.Dict: Expressions._dict,
    ast.Starred: Expressions._starred,
    ast.IfExp: Expressions._choice,
    ast.BoolOp: Expressions._bool,
    ast.BinOp: Expressions._sum,
    ast.NamedExpr: Expressions._walrus,
    ast.ListComp: Expressions._comprehension,
    ast.SetComp: Expressions._comprehension,
    ast.GeneratorExp: Expressions._comprehension,
    ast.DictComp: Expressions._comprehension,
}

_SPECIAL = {
    "getattr": Expressions._getattr,
    "vars": Expressions._vars,
    "eval": Expressions._eval,
    "exec": Expressions._exec,
}
