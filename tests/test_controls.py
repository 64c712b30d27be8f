"""A figure is drawn again where a control's value changes, and waits for a stub."""

import base64

import matplotlib.pyplot as plt
import pytest

from bnlib.figures.controls import redraw


def draw(height):
    figure, ax = plt.subplots()
    ax.set_ylim(0, height)
    return figure


def shown(drawing):
    return drawing.figure.axes[0].get_ylim()[1]


def test_moving_a_control_draws_again():
    drawing = redraw(draw, height=(1, 9, 2))
    assert shown(drawing) == 5
    before = drawing._picture.value
    drawing.controls["height"].value = 9
    assert shown(drawing) == 9
    assert drawing._picture.value != before
    assert not plt.get_fignums()


def test_a_page_without_a_kernel_gets_a_picture():
    bundle = redraw(draw, height=(1, 9, 2))._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert bundle["text/plain"] == "A figure with controls for height."
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_a_stub_is_not_attempted_and_draws_once_it_is_written():
    written = False

    def stub(height):
        if not written:
            raise NotImplementedError("your code goes here")
        return draw(height)

    drawing = redraw(stub, height=(1, 9, 2))
    bundle = drawing._repr_mimebundle_()
    assert bundle["text/plain"] == "not attempted yet: your code goes here"
    assert "image/png" not in bundle
    written = True
    drawing.controls["height"].value = 9
    assert shown(drawing) == 9


def test_an_error_in_the_drawing_is_shown_and_does_not_end_the_notebook():
    drawing = redraw(lambda height: None if height < 9 else 1 / 0, height=(1, 9, 2))
    assert drawing.said == "TypeError: draw returned NoneType, expected a figure"
    drawing.controls["height"].value = 9
    assert drawing._repr_mimebundle_()["text/plain"] == "ZeroDivisionError: division by zero"
    assert "ZeroDivisionError" in drawing._text.value


def test_a_control_that_cannot_be_made_is_an_error():
    with pytest.raises(ValueError, match="height: no control can be made of"):
        redraw(draw, height=object())
