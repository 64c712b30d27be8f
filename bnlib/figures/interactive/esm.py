"""One JavaScript module a figure, made of the files that it is written in.

anywidget takes a figure's module as one text, in which nothing can be imported from beside it. So
what ``NAME.js`` imports from its neighbours is put before it, each file once, and the import lines
are dropped; every top-level name must therefore be used once in all of these files. The page
loads the very same text (tools/site/figures.py). Without this the files are ordinary modules:
a browser imports ``NAME.js`` as it stands.
"""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
CSS = FOLDER / "kit.css"
_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";\n', re.MULTILINE)
_NAMED = re.compile(r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)


def names() -> list[str]:
    """The figures there are: modules that have a JavaScript file of their name."""
    return sorted(p.stem for p in FOLDER.glob("*.js") if p.with_suffix(".py").is_file())


def joined(name: str, folder: Path = FOLDER) -> str:
    """The text of a figure's module with what it imports before it.

    Raises ValueError for a name that is no figure's, for an import of another form than
    ``import { a, b } from "./kit.js";``, for names that the other file does not export, and for a
    name that two of the files have at their top level.
    """
    if not (folder / f"{name}.js").is_file():
        raise ValueError(f"no figure is called {name!r}; there are {', '.join(names())}")
    parts: dict[str, str] = {}
    _collect(name, folder, parts)
    holder: dict[str, str] = {}
    for part, text in parts.items():
        for word in _NAMED.findall(text):
            if word in holder:
                raise ValueError(
                    f"both {holder[word]}.js and {part}.js have a {word!r} at their top"
                )
            holder[word] = part
    return "\n".join(parts.values())


def _collect(name: str, folder: Path, parts: dict[str, str]) -> None:
    if name in parts:
        return
    source = (folder / f"{name}.js").read_text("utf-8")
    for imported, other in _IMPORT.findall(source):
        _collect(other, folder, parts)
        for word in filter(None, (w.strip() for w in imported.split(","))):
            if not re.search(rf"^export (function|class|const|let) {word}\b", parts[other], re.M):
                raise ValueError(f"{name}.js imports {word!r}, which {other}.js does not export")
    text = _IMPORT.sub("", source)
    strange = re.search(r"^import\b.*", text, re.M)
    if strange:
        raise ValueError(
            f'{name}.js: expected import {{ a, b }} from "./kit.js";, got {strange[0]!r}'
        )
    parts[name] = text
