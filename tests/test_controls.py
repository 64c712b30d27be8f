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
    return drawing.widget.result.axes[0].get_ylim()[1]


def test_moving_a_control_draws_again():
    drawing = redraw(draw, height=(1, 9, 2))
    assert shown(drawing) == 5
    drawing.widget.kwargs_widgets[0].value = 9
    assert shown(drawing) == 9
    assert not plt.get_fignums()


def test_a_page_without_a_kernel_gets_a_picture():
    bundle = redraw(draw, height=(1, 9, 2))._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert bundle["text/plain"] == "A figure with controls for height."
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_a_stub_is_not_attempted(capsys):
    def stub(height):
        raise NotImplementedError("your code goes here")

    drawing = redraw(stub, height=(1, 9, 2))
    assert "image/png" not in drawing._repr_mimebundle_()
    assert "not attempted yet: your code goes here" in capsys.readouterr().out


def test_an_error_in_the_drawing_does_not_end_the_notebook(caplog):
    def broken(height):
        return 1 / 0

    redraw(broken, height=(1, 9, 2))
    assert "division by zero" in caplog.text


def test_a_control_that_cannot_be_made_is_an_error():
    with pytest.raises(ValueError, match="cannot be transformed"):
        redraw(draw, height=object())
