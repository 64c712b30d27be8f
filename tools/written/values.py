"""Values written as expressions: literals in place, what libraries have by its name, all else made
by a statement before it."""

from __future__ import annotations

import ast
import builtins
import functools
import sys
import types

import numpy as np

# The one module of bnlib that an answer may import.
OPEN = "bnlib.cache"
_USUAL = {"numpy": "np"}


class CannotWrite(ValueError):
    """This cannot be written as a notebook's cell; the message says why."""


class Values:
    """Collects statements; ``expression(value)`` adds what a value needs and says how to read it.

    How functions and classes are written is the affair of `Writer`, which is derived from this.

    Args:
        suffix: ends every name that is made, so that two writings do not meet in a notebook.
    """

    def __init__(self, suffix: str):
        self.suffix = suffix
        self.imports: dict[str, str] = {}
        self.statements: list[ast.stmt] = []
        self._written: dict[int, tuple[object, str]] = {}
        self._taken: set[str] = set()
        self._begun: dict[int, object] = {}

    def text(self) -> str:
        """The statements as source, imports first."""
        parts = [*sorted(self.imports.values())]
        for statement in self.statements:
            apart = isinstance(statement, ast.FunctionDef | ast.ClassDef)
            source = ast.unparse(ast.fix_missing_locations(statement))
            parts.append("\n\n" + source if apart else source)
        return "\n".join(parts).strip() + "\n"

    def expression(self, value, hint: str = "value") -> ast.expr:
        """How to read the value, once the statements have run.

        Raises:
            CannotWrite
        """
        if id(value) in self._written:
            return read(self._written[id(value)][1])
        plain = self._plain(value, hint)
        if plain is None:
            plain = self._known(value)
        if plain is not None:
            return plain
        if id(value) in self._begun:
            raise CannotWrite(f"{hint} needs itself to be made")
        self._begun[id(value)] = value  # holding it keeps its id from being used again
        return self._made(value, hint)

    def _plain(self, value, hint: str) -> ast.expr | None:
        if value is None or type(value) in (bool, int, str, bytes) or value is Ellipsis:
            return ast.Constant(value)
        if type(value) in (float, complex):
            return ast.Constant(value) if np.isfinite(value) else _call("float", str(value))
        if type(value) is tuple:
            return ast.Tuple([self.expression(v, hint) for v in value], ast.Load())
        if type(value) is slice:
            parts = (value.start, value.stop, value.step)
            return ast.Call(read("slice"), [self.expression(v, hint) for v in parts], [])
        if type(value) is range:
            return ast.parse(repr(value), mode="eval").body
        if isinstance(value, np.generic):
            number = self.expression(value.item(), hint)
            return ast.Call(self.expression(type(value)), [number], [])
        return None

    def _known(self, value) -> ast.expr | None:
        """A module, or what a library or the language has under a name."""
        if isinstance(value, types.ModuleType):
            return None if is_ours(value.__name__) else self._module(value.__name__)
        name = getattr(value, "__name__", None)
        if not isinstance(name, str):
            return None
        if getattr(builtins, name, None) is value:
            return read(name)
        owner = getattr(value, "__self__", None)
        if isinstance(value, types.BuiltinMethodType) and isinstance(owner, np.ufunc | type):
            return ast.Attribute(self.expression(owner), name, ast.Load())
        home = getattr(value, "__module__", None)
        home = "numpy" if isinstance(value, np.ufunc) else home
        if home == OPEN:
            self.imports[name] = f"from {OPEN} import {name}"
            return read(name)
        if not isinstance(home, str) or is_ours(home):
            return None
        path = getattr(value, "__qualname__", name)
        parts = home.split(".")
        for length in range(1, len(parts) + 1):  # torch.nn.Module, not where it happens to live
            module = ".".join(parts[:length])
            if _reached(sys.modules.get(module), path) is value:
                return _dotted(self._module(module), path)
        return None

    def _module(self, name: str) -> ast.expr:
        if name in _USUAL:
            self.imports[name] = f"import {name} as {_USUAL[name]}"
            return read(_USUAL[name])
        self.imports[name] = f"import {name}"
        return _dotted(None, name)

    def _made(self, value, hint: str) -> ast.expr:
        """A value that takes a statement to make; it gets a name."""
        if isinstance(value, types.FunctionType):
            said = hint if value.__name__ == "<lambda>" else value.__name__
            return read(self.function(value, self.named(value, self._new(said))))
        if isinstance(value, type):
            return read(self.class_(value, self.named(value, self._new(value.__name__))))
        if isinstance(value, functools.partial):
            keywords = [ast.keyword(k, self.expression(v, k)) for k, v in value.keywords.items()]
            arguments = [self.expression(v, hint) for v in (value.func, *value.args)]
            call = ast.Call(self.expression(functools.partial), arguments, keywords)
        elif isinstance(value, types.MethodType):
            call = ast.Attribute(self.expression(value.__self__, hint), value.__name__, ast.Load())
        elif hasattr(value, "cache_parameters"):
            size = self.expression(value.cache_parameters()["maxsize"])
            decorator = ast.Call(self.expression(functools.lru_cache), [size], [])
            call = ast.Call(decorator, [self.expression(value.__wrapped__, hint)], [])
        elif type(value) is list:
            call = ast.List([self.expression(v, hint) for v in value], ast.Load())
        elif type(value) is dict:
            keys = [self.expression(k, hint) for k in value]
            call = ast.Dict(keys, [self.expression(v, hint) for v in value.values()])
        elif type(value) in (set, frozenset):
            items = ast.List([self.expression(v, hint) for v in sorted(value)], ast.Load())
            call = ast.Call(read(type(value).__name__), [items], [])
        elif isinstance(value, np.ndarray) and value.size <= 1000 and value.dtype.kind in "biuf":
            numbers = ast.parse(repr(value.tolist()), mode="eval").body
            dtype = ast.keyword("dtype", ast.Constant(value.dtype.str))
            call = ast.Call(self.expression(np.array), [numbers], [dtype])
        elif isinstance(value, np.dtype) and value.kind in "biuf":
            call = ast.Call(self.expression(np.dtype), [ast.Constant(value.str)], [])
        elif isinstance(value, tuple) and hasattr(value, "_fields"):
            parts = [self.expression(v, n) for n, v in zip(value._fields, value, strict=True)]
            call = ast.Call(self.expression(type(value)), parts, [])
        elif is_ours(type(value).__module__) and hasattr(value, "__dict__"):
            return self._instance(value, hint)
        else:
            raise CannotWrite(f"{hint} is a {type(value).__module__}.{type(value).__qualname__}")
        return self._assigned(value, hint, call)

    def _assigned(self, value, hint: str, call: ast.expr) -> ast.expr:
        return read(self.named(value, self.variable(call, hint).id))

    def variable(self, call: ast.expr, hint: str) -> ast.Name:
        """A new variable that holds what an expression gives."""
        name = self._new(hint)
        self.statements.append(ast.Assign([ast.Name(name, ast.Store())], call, lineno=0))
        return read(name)

    def _instance(self, value, hint: str) -> ast.expr:
        cls = self.expression(type(value))
        bare = ast.Call(ast.Attribute(cls, "__new__", ast.Load()), [cls], [])
        name = self._assigned(value, hint, bare)
        for attribute, held in vars(value).items():
            target = ast.Attribute(name, attribute, ast.Store())
            statement = ast.Assign([target], self.expression(held, attribute), lineno=0)
            self.statements.append(statement)
        return name

    def _new(self, hint: str) -> str:
        base = name = f"_{hint.strip('_')}_of_{self.suffix}"
        count = 1
        while name in self._taken:
            count += 1
            name = f"{base}_{count}"
        self._taken.add(name)
        return name

    def named(self, value, name: str) -> str:
        """Let a value go by this name."""
        self._taken.add(name)
        self._written[id(value)] = (value, name)
        return name


def _reached(module, path: str):
    try:
        return functools.reduce(getattr, path.split("."), module)
    except AttributeError:
        return None


def _call(name: str, argument: str) -> ast.Call:
    return ast.Call(read(name), [ast.Constant(argument)], [])


def _dotted(base: ast.expr | None, path: str) -> ast.expr:
    parts = path.split(".")
    if base is None:
        base, parts = read(parts[0]), parts[1:]
    return functools.reduce(lambda b, p: ast.Attribute(b, p, ast.Load()), parts, base)


def is_ours(module: str) -> bool:
    return module.partition(".")[0] == "bnlib"


def read(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())
