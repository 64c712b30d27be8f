"""Reads one cell's syntax tree into facts that no other cell can change.

What a cell binds is noted in order, as values made of names; what the names stand for is looked
up later, when all cells are known.
"""

from __future__ import annotations

import ast

from bnlib.grader.borrowing.events import AtOnce, Attach, Bind, Define, Drop, Facts, Star
from bnlib.grader.borrowing.expressions import Expressions
from bnlib.grader.borrowing.scopes import CLASS, FUNCTION, MODULE, Scope, parameters
from bnlib.grader.borrowing.values import IMPORT, Code, Held, Value, elements

# Statements within statements that are followed: with what expressions take, far from Python's
# limit on recursion.
DEEPEST = 60


def facts_of(tree: ast.Module) -> Facts:
    """The facts of a cell, from its tree."""
    reader = Reader()
    module = Scope(MODULE, None, None)
    for statement in tree.body:
        try:
            reader.run([statement], module, True, 0)
        except RecursionError:  # the caller's own stack is deep
            reader.outline(statement, module)
    return Facts(tuple(reader.events), frozenset(reader.imports), reader.skimmed)


class Reader(Expressions):
    """Walks the statements of one cell once."""

    def run(self, statements: list[ast.stmt], scope: Scope, certain: bool, depth: int) -> None:
        """Note what statements do. certain: whether they are sure to run."""
        if depth > DEEPEST:
            for statement in statements:
                self.skim(statement, scope)
            return
        for statement in statements:
            handler = _STATEMENTS.get(type(statement))
            if handler is not None:
                handler(self, statement, scope, certain, depth)

    def outline(self, statement: ast.stmt, module: Scope) -> None:
        """Note a statement of the notebook whose inside cannot be followed."""
        self.in_literal = False
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            code = Code(statement.name)
            inner = Scope(FUNCTION, module, code)
            self.skim(statement, inner)
            inner.leave()
            self.defined(statement.name, code, module, True)
        else:
            self.skim(statement, module)

    # Bindings

    def bind(self, name: str, value: Value, scope: Scope, certain: bool) -> None:
        if scope.kind == MODULE:
            self.events.append(Bind(name, value, certain))
        else:
            scope.bind(name, value, certain)

    def assign(self, target, value: Value, scope: Scope, certain: bool, depth: int = 0) -> None:
        """Bind a target, which may be a list of targets, to a value."""
        kind = type(target)
        if kind is ast.Name:
            self.bind(target.id, value, scope, certain)
        elif kind in (ast.Tuple, ast.List) and depth <= DEEPEST:
            parts = _parts(value, target.elts)
            before = len(self.events)
            for part, one in zip(target.elts, parts, strict=True):
                self.assign(part, one, scope, certain, depth + 1)
            if scope.kind == MODULE:
                # `a, b = b, a` reads both before it binds either.
                self.events[before:] = [AtOnce(tuple(self.events[before:]))]
        elif kind is ast.Starred:
            self.assign(target.value, value, scope, certain, depth)
        elif kind in (ast.Attribute, ast.Subscript):
            self.put_into(target, value, scope, depth)

    def put_into(self, target, value: Value, scope: Scope, depth: int) -> None:
        name = self.as_global(target, scope)
        if name is not None:
            if scope.kind == MODULE:
                self.events.append(Bind(name, value, True))
            elif scope.code is not None:
                scope.code.sets.append((name, value))
            return
        self.value(target.value, scope, 0)
        if type(target) is ast.Subscript:
            self.value(target.slice, scope, 0)
        base = target.value
        while type(base) in (ast.Attribute, ast.Subscript):
            base = base.value
        if type(base) is ast.Name and value:
            if scope.kind == MODULE:
                self.events.append(Attach(base.id, value))
            elif base.id in scope.names:
                scope.bind(base.id, value, False)

    def define(self, code: Code) -> None:
        self.events.append(Define(code))

    # Statements

    def _assign(self, node, scope, certain, depth):
        value = self.value(node.value, scope, 0)
        for target in node.targets:
            self.assign(target, value, scope, certain)

    def _annotated(self, node, scope, certain, depth):
        # An annotation says what a value is; nothing leans on it.
        if node.value is not None:
            value = self.value(node.value, scope, 0)
            self.assign(node.target, value, scope, certain)

    def _augmented(self, node, scope, certain, depth):
        added = self.value(node.value, scope, 0)
        if type(node.target) is ast.Name:
            name = node.target.id
            scope.mention(scope.look_up(name))
            if added:
                self.bind(name, added, scope, False)
        else:
            self.put_into(node.target, added, scope, depth)

    def _expression(self, node, scope, certain, depth):
        if type(node.value) is not ast.Constant:
            self.value(node.value, scope, 0)

    def _return(self, node, scope, certain, depth):
        if node.value is None:
            return
        value = self.value(node.value, scope, 0)
        if scope.kind == FUNCTION and scope.parent.kind == MODULE:
            self.gives(scope.code, value)

    def _function(self, node, scope, certain, depth):
        code = scope.code or Code(node.name)
        for decorator in node.decorator_list:
            self.at_definition(decorator, scope, code, depth)
        self.defaults(node, scope, code, depth)
        inner = Scope(FUNCTION, scope, code)
        inner.names = parameters(node)
        self.run(node.body, inner, True, depth + 1)
        inner.leave()
        self.defined(node.name, code, scope, certain)

    def _class(self, node, scope, certain, depth):
        code = scope.code or Code(node.name, is_class=True)
        keywords = [keyword.value for keyword in node.keywords]
        for expression in (*node.decorator_list, *node.bases, *keywords):
            self.at_definition(expression, scope, code, depth)
        inner = Scope(CLASS, scope, code)
        self.run(node.body, inner, True, depth + 1)
        inner.leave()
        self.defined(node.name, code, scope, certain)

    def defined(self, name: str, code: Code, scope: Scope, certain: bool) -> None:
        if scope.code is None:
            self.define(code)
        self.bind(name, (code,), scope, certain)

    def _if(self, node, scope, certain, depth):
        while True:
            test = node.test
            self.value(test, scope, 0)
            known = _truth(test)
            if known is False:
                self.note_imports(node.body)
            else:
                self.run(node.body, scope, certain and known is True, depth + 1)
            if known is True:
                self.note_imports(node.orelse)
                return
            # A chain of `elif` is nested in the tree, without end.
            if len(node.orelse) == 1 and type(node.orelse[0]) is ast.If:
                node = node.orelse[0]
                certain = certain and known is False
                continue
            self.run(node.orelse, scope, certain and known is False, depth + 1)
            return

    def _for(self, node, scope, certain, depth):
        value = elements(self.value(node.iter, scope, 0))
        self.assign(node.target, value, scope, False)
        self.run(node.body, scope, False, depth + 1)
        self.run(node.orelse, scope, False, depth + 1)

    def _while(self, node, scope, certain, depth):
        self.value(node.test, scope, 0)
        self.run(node.body, scope, False, depth + 1)
        self.run(node.orelse, scope, False, depth + 1)

    def _with(self, node, scope, certain, depth):
        for item in node.items:
            value = self.value(item.context_expr, scope, 0)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value, scope, certain)
        self.run(node.body, scope, certain, depth + 1)

    def _try(self, node, scope, certain, depth):
        self.run(node.body, scope, certain, depth + 1)
        for handler in node.handlers:
            if handler.type is not None:
                self.value(handler.type, scope, 0)
            if handler.name is not None:
                self.bind(handler.name, (), scope, False)
            self.run(handler.body, scope, False, depth + 1)
        self.run(node.orelse, scope, False, depth + 1)
        self.run(node.finalbody, scope, certain, depth + 1)

    def _match(self, node, scope, certain, depth):
        self.value(node.subject, scope, 0)
        for case in node.cases:
            for part in ast.walk(case.pattern):
                name = getattr(part, "rest", None) or getattr(part, "name", None)
                if isinstance(part, ast.pattern) and name:
                    self.bind(name, (), scope, False)
                elif isinstance(part, ast.MatchValue):
                    self.value(part.value, scope, 0)
                elif isinstance(part, ast.MatchClass):
                    self.value(part.cls, scope, 0)
            if case.guard is not None:
                self.value(case.guard, scope, 0)
            self.run(case.body, scope, False, depth + 1)

    def _import(self, node, scope, certain, depth):
        for alias in node.names:
            top = alias.name.partition(".")[0]
            self.imports.add(top)
            brought = ((IMPORT + alias.name,),)
            scope.mention(brought)
            bound = brought if alias.asname else ((IMPORT + top,),)
            self.bind_import(alias.asname or top, bound, scope, certain)

    def _import_from(self, node, scope, certain, depth):
        if node.level or not node.module:
            return  # a notebook is in no package: this raises
        top = node.module.partition(".")[0]
        self.imports.add(top)
        for alias in node.names:
            if alias.name == "*":
                if scope.kind == MODULE:
                    self.events.append(Star(node.module))
                continue
            value: Value = ((IMPORT + node.module, alias.name),)
            scope.mention(value)
            if top == "bnlib" and alias.name.isupper():
                value = ()  # colours and the like: numbers, not functions
            self.bind_import(alias.asname or alias.name, value, scope, certain)

    def bind_import(self, name: str, value: Value, scope: Scope, certain: bool) -> None:
        if scope.kind == MODULE:
            self.events.append(Bind(name, value, certain, imported=True))
        else:
            scope.bind(name, value, certain)

    def _global(self, node, scope, certain, depth):
        scope.global_names.update(node.names)

    def _nonlocal(self, node, scope, certain, depth):
        scope.nonlocal_names.update(node.names)

    def _delete(self, node, scope, certain, depth):
        for target in node.targets:
            if type(target) is not ast.Name:
                self.value(target, scope, 0)
            elif scope.kind == MODULE and certain:
                self.events.append(Drop(target.id))

    def _rest(self, node, scope, certain, depth):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, scope, 0)


def _parts(value: Value, targets: list[ast.expr]) -> list[Value]:
    """A value taken apart for as many targets; one by one where it is a literal of as many."""
    literal = value[0] if len(value) == 1 and type(value[0]) is Held else None
    starred = any(type(target) is ast.Starred for target in targets)
    if literal is not None and not starred and len(literal.keys) == len(targets):
        return [literal.keys.get(str(i), literal.all) for i in range(len(targets))]
    return [elements(value)] * len(targets)


def _truth(test: ast.expr) -> bool | None:
    """Whether a condition is met, where it is a constant."""
    if type(test) is ast.Constant:
        return bool(test.value)
    name = getattr(test, "id", None) or getattr(test, "attr", None)
    return False if name == "TYPE_CHECKING" else None


_STATEMENTS = {
    ast.Assign: Reader._assign,
    ast.AnnAssign: Reader._annotated,
    ast.AugAssign: Reader._augmented,
    ast.Expr: Reader._expression,
    ast.Return: Reader._return,
    ast.FunctionDef: Reader._function,
    ast.AsyncFunctionDef: Reader._function,
    ast.ClassDef: Reader._class,
    ast.If: Reader._if,
    ast.For: Reader._for,
    ast.AsyncFor: Reader._for,
    ast.While: Reader._while,
    ast.With: Reader._with,
    ast.AsyncWith: Reader._with,
    ast.Try: Reader._try,
    ast.TryStar: Reader._try,
    ast.Match: Reader._match,
    ast.Import: Reader._import,
    ast.ImportFrom: Reader._import_from,
    ast.Global: Reader._global,
    ast.Nonlocal: Reader._nonlocal,
    ast.Delete: Reader._delete,
    ast.Raise: Reader._rest,
    ast.Assert: Reader._rest,
}
