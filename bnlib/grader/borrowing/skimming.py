"""What is read of code that is not followed: its names, its imports; part of the reader."""

from __future__ import annotations

import ast
import warnings

from bnlib.grader.borrowing.scopes import Scope
from bnlib.grader.borrowing.values import step

# Literals given to eval and exec, in characters, a cell.
MOST_LITERAL = 1 << 16


class Skimming:
    """What the reader has found so far, and its way with code that it does not follow."""

    def __init__(self):
        self.events: list = []
        self.imports: set[str] = set()
        self.skimmed = False
        self.literal = MOST_LITERAL
        self.in_literal = False

    def literal_code(self, source: str, mode: str) -> ast.AST | None:
        """The tree of a literal that eval or exec is given; of one within a literal, None."""
        if self.in_literal or len(source) > self.literal:
            self.skimmed = True
            return None
        self.literal -= len(source)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(source.strip() if mode == "eval" else source, mode=mode)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    def note_imports(self, statements: list[ast.stmt]) -> None:
        """Take note of what code that never runs imports: it says so all the same."""
        for statement in statements:
            for node in ast.walk(statement):
                if isinstance(node, ast.Import):
                    self.imports.update(alias.name.partition(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    self.imports.add(node.module.partition(".")[0])

    def skim(self, tree: ast.AST, scope: Scope) -> None:
        """Note the names in code nested too deeply, whatever they are bound to in it."""
        self.skimmed = True
        todo: list[ast.AST] = [tree]
        while todo:
            node = todo.pop()
            steps = []
            while type(node) is ast.Attribute:
                steps.append(node.attr)
                node = node.value
            if type(node) is ast.Name:
                value = scope.look_up(node.id)
                for name in reversed(steps):
                    value = step(value, name)
                scope.mention(value)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                self.note_imports([node])
            else:
                todo += ast.iter_child_nodes(node)
