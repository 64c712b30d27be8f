"""A Sphinx extension: links to the repository and to the site, where their addresses are known.

    REPOSITORY_URL=https://github.com/NAME/PROJECT SITE_URL=https://HOST/PATH/ make book

Both come from the environment of the build, and nothing is invented: without REPOSITORY_URL there
are no edit, issue and launch buttons, without SITE_URL no sitemap, no canonical address and no
picture for those who link to a page. REPOSITORY_BRANCH is "main" unless given.

The notebooks of exercises/ have buttons for Colab and for Binder. Chapters have Binder's alone:
they are Markdown, which Colab cannot open, and which Binder's JupyterLab opens as a notebook
(.binder/postBuild); cells that cannot run on the page lead there too. What is generated is edited
at its source: the link of an exercise leads to solutions/NAME.md.
"""

from __future__ import annotations

import html
import os
import re
from queue import Empty
from urllib.parse import quote, urlsplit

from sphinx.util import logging

LOG = logging.getLogger(__name__)
REPOSITORY, BRANCH, SITE = "REPOSITORY_URL", "REPOSITORY_BRANCH", "SITE_URL"
COLAB, BINDER = "https://colab.research.google.com", "https://mybinder.org"
CARD = "_static/card.png"
CARD_ALT = "The course's title, and three plots of one batch: raw, normalized, rescaled"
NOT_LISTED = ("404.html", "search.html", "genindex.html", "prf-prf.html", "py-modindex.html")


def address(name: str) -> str:
    """The address in a variable of the environment, ending in a slash; "" where there is none.

    Raises:
        ValueError: it is set to something that is no address.
    """
    value = os.environ.get(name, "").strip()
    if not value:
        return ""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(f"{name} is {value!r}, expected an address such as https://host/path/")
    return value.rstrip("/") + "/"


def configure(app, config) -> None:
    """Set the options of the theme and of the extensions by the two addresses."""
    repository, site = address(REPOSITORY).rstrip("/"), address(SITE)
    options = config.html_theme_options
    if repository:
        host, path = urlsplit(repository).netloc, urlsplit(repository).path.strip("/")
        provider = next((p for p in ("github", "gitlab", "bitbucket") if p in host), None)
        if provider is None or path.count("/") < 1:
            raise ValueError(
                f"{REPOSITORY} is {repository!r}, expected a project at GitHub, GitLab or"
                " Bitbucket, such as https://github.com/NAME/PROJECT"
            )
        options["repository_url"] = repository
        options["repository_branch"] = os.environ.get(BRANCH) or "main"
        for button in ("use_repository_button", "use_edit_page_button", "use_issues_button"):
            # The theme knows no address for new issues at Bitbucket.
            options[button] = button != "use_issues_button" or provider != "bitbucket"
        launch = options.setdefault("launch_buttons", {})
        launch["binderhub_url"] = BINDER
        # html_theme_options in _config.yml puts out of force what stands under launch_buttons.
        launch["notebook_interface"] = "jupyterlab"
        if provider == "github":
            launch["colab_url"] = COLAB
    if site:
        config.html_baseurl = site
        config.sitemap_url_scheme = "{link}"
        config.sitemap_excludes = list(NOT_LISTED)
        config.ogp_site_url, config.ogp_site_name = site, config.html_title
        config.ogp_image, config.ogp_image_alt = CARD, CARD_ALT
        config.ogp_social_cards = {"enable": False}
        config.ogp_custom_meta_tags = [
            '<meta property="og:image:width" content="1200" />',
            '<meta property="og:image:height" content="630" />',
            '<meta name="twitter:card" content="summary_large_image" />',
        ]


def on_binder(options: dict, path: str) -> str:
    """The address at which Binder opens a file of the repository; "" where there is none.

    options: html_theme_options, once they are configured. path: in the repository.
    """
    repository = options.get("repository_url", "")
    if not repository:
        return ""
    host, project = urlsplit(repository).netloc, urlsplit(repository).path.strip("/")
    place = {
        "github.com": f"gh/{project}",
        "gitlab.com": f"gl/{quote(project, safe='')}",
    }.get(host, f"git/{quote(repository, safe='')}")
    branch = quote(options["repository_branch"], safe="")
    return f"{BINDER}/v2/{place}/{branch}?urlpath=lab/tree/{quote(path)}"


def launchers(pagename: str) -> tuple[str, ...]:
    """The texts of the launch buttons that a page has."""
    if pagename.startswith("exercises/"):
        return ("Binder", "Colab")
    return () if pagename.startswith("solutions/") else ("Binder",)


def fit_buttons(app, pagename, templatename, context, doctree) -> None:
    """Launch buttons where they open something; edit links to what is edited by hand."""
    buttons = context.get("header_buttons")
    if not buttons:
        return
    for group in buttons:
        if group.get("label") == "launch-buttons":
            group["buttons"] = [b for b in group["buttons"] if b["text"] in launchers(pagename)]
    buttons[:] = [b for b in buttons if b.get("buttons") or b.get("label") != "launch-buttons"]
    for group in buttons:
        for button in group.get("buttons", [group]):
            if button.get("label") == "source-edit-button":
                button["url"] = source_of(button["url"])
    colab = app.config.html_theme_options.get("launch_buttons", {}).get("colab_url")
    if "Colab" in launchers(pagename) and colab and "body" in context:
        repository = html.escape(app.config.html_theme_options["repository_url"])
        note = (
            '<p class="launch-note">In Colab, run this in a first cell: '
            f"<code>%pip install git+{repository}</code></p>"
        )
        context["body"] = context["body"].replace("</h1>", f"</h1>\n{note}", 1)


def source_of(url: str) -> str:
    """The address at which a page is edited: notebooks are made from solutions/*.md."""
    return re.sub(r"/(?:exercises|solutions)/([^/]+)\.ipynb", r"/solutions/\1.md", url)


def list_all_pages(app, exception) -> None:
    """Put every page on sphinx-sitemap's list, which has but those that this build has written."""
    links = app.sitemap_links
    try:
        while True:
            links.get_nowait()
    except Empty:
        pass
    for doc in sorted(app.env.found_docs):
        links.put((f"{doc}.html", None))


def setup(app):
    # Before the theme and the extensions look at their options.
    app.connect("config-inited", configure, priority=100)
    app.connect("html-page-context", fit_buttons, priority=900)
    if address(SITE):
        app.setup_extension("sphinxext.opengraph")
        app.setup_extension("sphinx_sitemap")
        app.connect("build-finished", list_all_pages, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
