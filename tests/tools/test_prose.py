"""The linter of the book's text sees text, and no code, formulas or options."""

import pytest

from tools.prose import GAP, blocks, faults, main, text_of

PAGE = """\
---
title: simply a title
---

# A **heading**

Text with `code simply`, $x$ simply and {cite}`simply`.
Second line.

```{code-cell} ipython3
:tags: [remove-cell]
simply = 1
```

:::{admonition} To *remember*
:class: simply
Inside, two

paragraphs.
:::

$$
simply
$$

| head | cell |
|---|---|
| [a link](simply.md) | b |

- item
"""


def test_the_text_stands_on_its_own_line():
    lines = [line.replace(GAP, "").split() for line in text_of(PAGE).split("\n")]
    assert {n: words for n, words in enumerate(lines, 1) if words} == {
        5: ["A", "heading"],
        7: ["Text", "with", ",", "simply", "and", "."],
        8: ["Second", "line."],
        15: ["To", "remember"],
        17: ["Inside,", "two"],
        19: ["paragraphs."],
        26: ["head", "cell"],
        28: ["a", "link", "b"],
        30: ["item"],
    }


def test_one_unwanted_word_is_found_where_it_stands():
    assert faults(text_of(PAGE)) == [(7, "unwanted: simply")]


def test_kinds_of_blocks():
    kinds = [block.kind for block in blocks(PAGE)]
    assert kinds[:4] == ["heading", "paragraph", "directive code-cell", "directive admonition"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("This is is one.", "lexical illusion"),
        ("It is a very\nlarge batch.", "unwanted: very"),
        ("We do it in\norder to see.", "unwanted: in order to"),
        ("Powerful.", "unwanted: powerful"),
        ("At this point in time it diverges.", "at this point in time"),
    ],
)
def test_a_fault_is_found(text, message):
    found = faults(text_of(text))
    assert any(message.lower() in said.lower() for _, said in found), found


@pytest.mark.parametrize(
    "text",
    [
        "Variance is taken over the batch. In the long run the averages agree.",
        'Some say "simply divide" and mean it.',
        "# A batch\n\nA batch goes in.",
        "The values $a$ $a$ and `b` `b` are equal.",
        "Everyday use is uneasy.",
    ],
)
def test_what_is_no_fault(text):
    assert faults(text_of(text)) == []


def test_the_command_names_file_and_line(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    assert main([str(page)]) == 1
    assert f"{page}:7: unwanted: simply\n" in capsys.readouterr().out
    page.write_text("Nothing.\n")
    assert main([str(page)]) == 0
