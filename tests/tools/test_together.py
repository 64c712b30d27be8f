"""Where a line may not break: between a formula and what follows, a number and its per cent."""

from pathlib import Path

import pytest

from tools.site.together import keep

FORMULA = (
    '<span class="math notranslate nohighlight"><mjx-container jax="CHTML"><mjx-math></mjx-math>'
    "</mjx-container></span>"
)
NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        (f"<p>for {FORMULA}.</p>", f'<p>for <span class="together">{FORMULA}.</span></p>'),
        (f"(as {FORMULA}), and", f'(as <span class="together">{FORMULA}),</span> and'),
        (f"the ({FORMULA} and", f'the <span class="together">({FORMULA}</span> and'),
        (f"the {FORMULA}-th", f'the <span class="together">{FORMULA}-th</span>'),
        (f"of {FORMULA} and <em>x</em>", f"of {FORMULA} and <em>x</em>"),
        (f"{FORMULA}<em>x</em>", f"{FORMULA}<em>x</em>"),
        ("<p>20 % of", f"<p>20{NBSP}% of"),
        ("<strong><span>0.5</span></strong> % of", f"<strong><span>0.5</span></strong>{NBSP}% of"),
        ("20\n% of", f"20{NBSP}% of"),
        ('<img alt="20 % of"> x', '<img alt="20 % of"> x'),
        ("<pre>7 % 2</pre> 7 % x", f"<pre>7 % 2</pre> 7{NBSP}% x"),
        ("<script>7 % 2</script>", "<script>7 % 2</script>"),
    ],
)
def test_a_line_breaks_elsewhere(html, kept):
    assert keep(html, Path()) == kept
