"""What the head of a page says of it: language, title, meta tags, links."""

from __future__ import annotations

from html.parser import HTMLParser


class Head(HTMLParser):
    """Language, title, meta tags and links of the page in a file."""

    def __init__(self, path):
        super().__init__()
        self.language, self.title, self.metas, self.links, self.tag = None, "", [], [], None
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tag = tag
        if tag == "html":
            self.language = attributes.get("lang")
        elif tag == "meta":
            self.metas.append(attributes)
        elif tag == "link":
            self.links.append(attributes)

    def handle_data(self, data):
        if self.tag == "title":
            self.title += data

    def meta(self, name):
        return [m["content"] for m in self.metas if m.get("name") == name]

    def properties(self):
        """Those of the card that is shown where a link is shared."""
        return {m["property"]: m["content"] for m in self.metas if "property" in m}

    def link(self, rel):
        return [link["href"] for link in self.links if link.get("rel") == rel]
