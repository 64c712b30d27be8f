"""Draw the site's icon and the card that is shown where someone links to a page.

    python -m tools.site_pictures

The icon is a standard normal density, the card has the figure of chapter 4 that shows one batch
before, between and after. Writes book/_static/icons/ and book/_static/card.png.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bnlib import batch_norm
from bnlib.figures.algorithm import batch_stages
from bnlib.figures.style import CARD, COLOURS, INK, MUTED

STATIC = Path(__file__).resolve().parents[1] / "book" / "_static"
SIZE = (1200, 630)  # pixels, what those who show such cards ask for
TITLE = "Batch\nnormalization"
LINES = (
    "A book whose cells run on the page,",
    "exercises that name your mistake,",
    "and the library behind both.",
)
SIDE, BAND = 64, 6  # of the icon and of its line, in units of its own

# The batch of chapter 4: four flats, by distance, rooms and area; and its gamma and beta.
FLATS = np.array([[0.4, 3.0, 90.0], [0.9, 1.0, 30.0], [0.2, 7.0, 170.0], [0.5, 5.0, 110.0]])
GAMMA, BETA = np.array([1.0, 0.5, 2.0]), np.array([0.0, -1.0, 0.5])


def density(width: float = 44, height: float = 36) -> np.ndarray:
    """Points of the bell, in units of the icon. (M, 2)."""
    z = np.linspace(-2.6, 2.6, 41)
    x = SIDE / 2 + z / 2.6 * width / 2
    y = 48 - height * np.exp(-(z**2) / 2)
    return np.stack([x, y], axis=1)


def icon_svg() -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in density())
    line = f'fill="none" stroke="{CARD}" stroke-width="{BAND}" stroke-linecap="round"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}">'
        f'<rect width="{SIDE}" height="{SIDE}" rx="12" fill="{COLOURS[0]}"/>'
        f'<polyline points="{points}" {line} stroke-linejoin="round"/>'
        f'<path d="M32 22V52" {line} stroke-dasharray="1 9"/></svg>\n'
    )


def icon(pixels: int, round_corners: bool = True) -> Image.Image:
    """The same as a bitmap, drawn four times as large."""
    scale = 4 * pixels / SIDE
    image = Image.new("RGBA", (4 * pixels, 4 * pixels))
    draw = ImageDraw.Draw(image)
    radius = 12 * scale if round_corners else 0
    draw.rounded_rectangle((0, 0, 4 * pixels - 1, 4 * pixels - 1), radius, fill=COLOURS[0])

    def dot(x: float, y: float) -> None:
        half = BAND / 2
        box = [value * scale for value in (x - half, y - half, x + half, y + half)]
        draw.ellipse(box, fill=CARD)

    bell = density()
    line = [tuple(point) for point in bell * scale]
    draw.line(line, fill=CARD, width=round(BAND * scale), joint="curve")
    for x, y in (*bell, *((32, y) for y in (22, 32, 42, 52))):
        dot(x, y)
    return image.resize((pixels, pixels), Image.Resampling.LANCZOS)


def card() -> Image.Image:
    """Title on the left, the figure on the right."""
    y, _ = batch_norm(FLATS, GAMMA, BETA, 1e-5)
    xhat = (y - BETA) / GAMMA
    figure = batch_stages(
        {
            "raw: x": ("raw value (km, rooms, m²)", FLATS),
            "normalized: x̂": ("standard deviations from the mean", xhat),
            "rescaled: y = γ x̂ + β": ("output of the layer (no unit)", y),
        },
        features=["distance", "rooms", "area"],
    )
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=2 * SIZE[1] / figure.get_figheight())
    picture = Image.open(buffer).convert("RGB")
    height = SIZE[1] - 40
    picture = picture.resize(
        (round(picture.width * height / picture.height), height), Image.Resampling.LANCZOS
    )
    image = Image.new("RGB", SIZE, CARD)
    image.paste(picture, (SIZE[0] - picture.width - 20, 20))
    draw = ImageDraw.Draw(image)
    mark = icon(84)
    image.paste(mark, (56, 90), mark)
    draw.multiline_text((56, 206), TITLE, fill=INK, font=font("DejaVuSans-Bold", 56), spacing=14)
    draw.multiline_text(
        (56, 392), "\n".join(LINES), fill=MUTED, font=font("DejaVuSans", 25), spacing=14
    )
    return image


def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """One of the fonts that matplotlib brings along, so that the card is the same everywhere."""
    import matplotlib

    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts/ttf", f"{name}.ttf"), size)


def main() -> None:
    icons = STATIC / "icons"
    icons.mkdir(exist_ok=True)
    (icons / "favicon.svg").write_text(icon_svg(), encoding="utf-8")
    icon(32).save(icons / "favicon.ico", sizes=[(16, 16), (32, 32)])
    # Telephones cut the corners themselves.
    icon(180, round_corners=False).convert("RGB").save(icons / "touch.png", optimize=True)
    card().quantize(128, dither=Image.Dither.NONE).save(STATIC / "card.png", optimize=True)
    for path in (*sorted(icons.iterdir()), STATIC / "card.png"):
        print(f"{path.relative_to(STATIC.parents[1])}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
