"""A Sphinx extension: exercises are done on their pages, and the reader's progress has a page.

A page of exercises/ gets a name for each of its code cells, a place for its tools, and what its
script has to know of it (tools/site/practice_model.py). The directive ``{practice}`` is the table
of all exercises; a script fills in what the reader has done. Without scripts both are as they
would be without this.
"""

from __future__ import annotations

import html
import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from bnlib.checks import registry
from tools.site import practice_model
from tools.site.practice_model import page, sources, version

FOLDER = "practice"  # in _static/ the scripts, in the site's root the untouched notebooks
OVERVIEW = "book/practice"
EXERCISES = "exercises/"

# The script fills in desks and places; the style keeps room for them, where scripts are on.
TOOLS = """\
<div class="practice-desk"></div>
<p class="practice-how">On this page an exercise has a button in place of the cell with
<code>check</code>: write your answer in its field and press Check. What you write is kept in this
browser.</p>
<div class="practice-tools">
<p class="practice-links"><a href="../{overview}.html">Your progress in all notebooks</a></p>
</div>
<script type="application/json" id="practice-page">{model}</script>
"""


def heading(name: str) -> str:
    """The anchor of an exercise on its page."""
    return f"exercise-{name}"


def name_cells(app, doctree: nodes.document) -> None:
    """Once a page is read: ids for its cells and exercises, and the page's model in it."""
    docname = app.env.docname
    path = Path(app.srcdir, f"{docname}.ipynb")
    if not docname.startswith(EXERCISES) or not path.is_file():
        return
    model = page(path)
    note_sources(app.env, [e for e in registry.exercises() if e.notebook == model.notebook])
    by_place = {cell.place: cell for cell in model.cells}
    for container in list(doctree.findall(nodes.container)):
        if container.get("nb_element") != "cell_code":
            continue
        cell = by_place[container["cell_index"]]
        container["ids"].append(f"cell-{cell.id}")
        container["classes"].append(f"practice-{cell.kind}")
        if cell.kind == "answer":
            container.parent["ids"].append(heading(cell.exercise))
        if cell.kind != "check":
            place = f'<div class="practice-place" data-cell="{cell.id}"></div>'
            after = container.parent.index(container) + 1
            container.parent.insert(after, nodes.raw("", place, format="html"))
    title = next(doctree.findall(nodes.title))
    place = title.parent.index(title) + 1
    content = TOOLS.format(overview=OVERVIEW, model=model.as_json())
    title.parent.insert(place, nodes.raw("", content, format="html"))


def note_sources(env, exercises: Iterable) -> None:
    """A page is read again where its exercises' checks have changed, or what makes the page."""
    files = {source for exercise in exercises for source in sources(exercise)}
    for file in files | {Path(__file__), Path(practice_model.__file__)}:
        env.note_dependency(str(file))


class PracticeDirective(SphinxDirective):
    """{practice}: every exercise with its points, and a place for the reader's own."""

    def run(self):
        note_sources(self.env, registry.exercises())
        return [nodes.raw("", f'<div class="practice-desk"></div>{table()}', format="html")]


def table() -> str:
    """The table of all exercises as HTML, one body a notebook.

    Its links are relative to the folder of the chapters.
    """
    exercises = registry.exercises()
    rows = [
        '<table class="practice-progress"><caption>All exercises</caption><thead><tr>',
        '<th scope="col">Exercise</th>',
        '<th scope="col" class="practice-extra">Difficulty</th>',
        '<th scope="col" class="practice-extra">Minutes</th>',
        '<th scope="col" class="practice-worth">Points</th>',
        '<th scope="col" class="practice-done" hidden>Yours</th></tr></thead>',
    ]
    for notebook in dict.fromkeys(e.notebook for e in exercises):
        own = [e for e in exercises if e.notebook == notebook]
        number, title = int(notebook[:2]), notebook[3:].replace("_", " ")
        href = f"../{EXERCISES}{notebook}.html"
        name = f'<a href="{href}">{number}. {title.capitalize()}</a>'
        rows += [
            f'<tbody data-notebook="{notebook}"><tr class="practice-total">',
            f'<th scope="rowgroup">{name}</th>{_sums(own)}</tr>',
            *(_row(exercise, href) for exercise in own),
            "</tbody>",
        ]
    rows.append(
        f'<tfoot><tr class="practice-total"><th scope="row">All</th>{_sums(exercises)}</tr>'
        "</tfoot></table>"
    )
    return "\n".join(rows)


def _sums(exercises) -> str:
    points = f"{sum(e.points for e in exercises):g}"
    return (
        f'<td class="practice-extra"></td>'
        f'<td class="practice-extra">{sum(e.minutes for e in exercises)}</td>'
        f'<td class="practice-worth">{points}</td>'
        f'<td class="practice-done" data-points="{points}" hidden></td>'
    )


def _row(exercise, href: str) -> str:
    needs = f" (needs {', '.join(exercise.requires)})" if exercise.requires else ""
    return (
        f'<tr data-exercise="{exercise.name}" data-version="{version(exercise)}" '
        f'data-points="{exercise.points:g}"><td><a href="{href}#{heading(exercise.name)}">'
        f"{html.escape(exercise.title)}</a>{needs}<br><code>{exercise.name}</code></td>"
        f'<td class="practice-extra">{exercise.difficulty} of 5</td>'
        f'<td class="practice-extra">{exercise.minutes}</td>'
        f'<td class="practice-worth">{exercise.points:g}</td>'
        '<td class="practice-done" hidden></td></tr>'
    )


def keep_apart(app, config) -> None:
    """Jupyter Book puts whatever lies in _static on every page: these are put where they belong."""
    for files in (config.html_js_files, config.html_css_files):
        files[:] = [file for file in files if not _name(file).startswith(f"{FOLDER}/")]


def _name(file) -> str:
    return file if isinstance(file, str) else file[0]


def add_scripts(app, pagename, templatename, context, doctree) -> None:
    """The script and the style of pages with exercises, and of the overview."""
    if pagename == OVERVIEW or (pagename.startswith(EXERCISES) and doctree is not None):
        script = "overview.js" if pagename == OVERVIEW else "page.js"
        app.add_js_file(f"{FOLDER}/{script}", type="module")
        # Of the editor, the outputs and the buttons.
        app.add_css_file("live/live.css")
        app.add_css_file(f"{FOLDER}/practice.css")


def lay_notebooks(app, error: Exception | None) -> None:
    """At the end: the untouched notebooks, and which exercises are in which."""
    if error is not None or app.builder.format != "html":
        return
    target = Path(app.outdir, FOLDER)
    target.mkdir(exist_ok=True)
    index: dict[str, list[str]] = {}
    for exercise in registry.exercises():
        index.setdefault(exercise.notebook, []).append(exercise.name)
    for notebook in index:
        shutil.copyfile(
            Path(app.srcdir, EXERCISES, f"{notebook}.ipynb"), target / f"{notebook}.ipynb"
        )
    (target / "index.json").write_text(json.dumps(index), "utf-8")


def setup(app):
    app.add_directive("practice", PracticeDirective)
    app.connect("config-inited", keep_apart)
    app.connect("doctree-read", name_cells)
    app.connect("html-page-context", add_scripts)
    app.connect("build-finished", lay_notebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
