"""Which binding a name refers to, by Python's rules for scopes, while a cell is read."""

from __future__ import annotations

from bnlib.grader.borrowing.values import (
    GLOBAL,
    IMPORT,
    PARAMETER,
    Chain,
    Code,
    Value,
    chains,
    flat,
    together,
)

MODULE, CLASS, FUNCTION, COMPREHENSION = range(4)


class Scope:
    """The names of one function, class body or comprehension, or of the notebook (MODULE).

    Attributes:
        code: the student's function or class that this is part of, None outside of all.
        names: what the local names stand for so far. pending: chains whose first name was not
            local when it was met: decided when the scope is left.
    """

    __slots__ = ("code", "global_names", "kind", "names", "nonlocal_names", "parent", "pending")

    def __init__(self, kind: int, parent: Scope | None, code: Code | None):
        self.kind = kind
        self.parent = parent
        self.code = code
        self.names: dict[str, Value] = {}
        self.global_names: set[str] = set()
        self.nonlocal_names: set[str] = set()
        self.pending: dict[Chain, None] = {}

    def look_up(self, name: str) -> Value:
        """What a name stands for here; a chain of itself where it is not local."""
        if name in self.global_names:
            return ((GLOBAL + name,),)
        value = self.names.get(name)
        return ((name,),) if value is None else value

    def is_local(self, name: str) -> bool:
        """Whether a name is bound here or in a function around it, so far."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return True
            scope = scope.parent
        return False

    def mention(self, value: Value) -> None:
        """Note that the code uses these."""
        if self.kind != MODULE:
            for chain in chains(value):
                self.pending[chain] = None

    def bind(self, name: str, value: Value, certain: bool) -> None:
        """Bind a local name; where it may not happen, what it stood for remains possible."""
        value = flat(value)  # a list put into itself again and again must not grow
        if name in self.global_names:
            if self.code is not None:
                self.code.sets.append((name, value))
            return
        scope = self
        if name in self.nonlocal_names:
            outer = self.parent
            while outer is not None and name not in outer.names:
                outer = outer.parent
            scope, certain = outer or self, False
        if not certain:
            value = together(value, scope.names.get(name, ()))
        scope.names[name] = value

    def leave(self) -> None:
        """Hand on what was not local to the scope around, where the name is looked up next."""
        outer = self.parent
        if self.kind in (FUNCTION, COMPREHENSION):
            # What a class body binds is not seen by its methods.
            while outer.kind == CLASS:
                outer = outer.parent
        for chain in self.pending:
            own = None if self.kind == CLASS else self.names.get(chain[0])
            if own is None:
                self._hand_on(outer, chain)
            else:
                for other in chains(own):
                    self._hand_on(outer, (*other, *chain[1:]))

    def _hand_on(self, outer: Scope, chain: Chain) -> None:
        code = self.code
        if code is None:
            return  # a comprehension of the notebook itself: nobody's code
        if outer.code is code and not chain[0].startswith((IMPORT, GLOBAL)):
            outer.pending[chain] = None
        elif outer.kind == COMPREHENSION and chain[0] in outer.names:
            for other in chains(outer.names[chain[0]]):
                code.late[(*other, *chain[1:])] = None
        elif self.kind == CLASS:
            code.early[chain] = None
        else:
            code.late[chain] = None


def parameters(node) -> dict[str, Value]:
    """The names of a function's arguments."""
    given = node.args
    names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    names += [a.arg for a in (given.vararg, given.kwarg) if a is not None]
    return dict.fromkeys(names, (PARAMETER,))
