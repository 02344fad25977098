"""Ways to look at what the report stage wrote: pictures by their pixels, pages by their tags."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text

from workflow_scripts.report.style import DPI

HONEST_INK = (0xA3, 0x47, 0x00)  # style.save prints the honest line in this colour, and nothing else
ODD = "<script>alert(\"x\")</script> 'q' & $a$"


def picture(path: Path) -> np.ndarray:
    """Pixels of a PNG (height x width x 3, uint8), which must show something."""
    pixels = np.round(imread(path)[..., :3] * 255).astype(np.uint8)
    assert min(pixels.shape[:2]) > 300
    assert (pixels < 128).any(axis=2).mean() > 0.002, f"{path} is almost empty"
    return pixels


def nothing_cut(figure: Figure) -> bool:
    """Whether all that is drawn lies within the figure."""
    figure.draw_without_rendering()
    drawn = figure.get_tightbbox().padded(-0.01)  # inches; a line may be centred on the edge
    width, height = figure.get_size_inches()
    return drawn.x0 >= 0 and drawn.y0 >= 0 and drawn.x1 <= width and drawn.y1 <= height


def legends_apart(figure: Figure) -> bool:
    """Whether no legend lies on a panel, on words outside it, or on another legend."""
    figure.draw_without_rendering()
    legends = [*figure.legends, *filter(None, (axis.get_legend() for axis in figure.axes))]
    own = {text for legend in legends for text in legend.findobj(Text)}
    words = [text for text in figure.findobj(Text) if text not in own and text.get_visible() and text.get_text()]
    for number, legend in enumerate(legends):
        others = [axis for axis in figure.axes if axis.axison] + words + legends[:number]
        drawn = legend.get_window_extent().padded(-0.5)  # pixels; it may stand on the edge of a panel
        if any(drawn.overlaps(other.get_window_extent()) for other in others):
            return False
    return bool(legends)


def words_apart(figure: Figure) -> bool:
    """Whether no words lie on others: names, numbers, titles, what axes are, legends."""
    figure.draw_without_rendering()
    sides = [side for axis in figure.axes for side in (axis.xaxis, axis.yaxis)]
    unseen = set()  # numbers beyond the limits of an axis, which are not drawn
    for side in sides:
        low, high = sorted(side.get_view_interval())
        unseen |= {tick.label1 for tick in side.get_major_ticks() if not low <= tick.get_loc() <= high}
    words = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    boxes = [text.get_window_extent().padded(-1) for text in words if text not in unseen]
    return not any(one.overlaps(other) for at, one in enumerate(boxes) for other in boxes[:at])


def shows(figure: Figure, colour: str) -> int:
    """How many pixels of a drawn figure have this colour, or almost."""
    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3].astype(int)
    return int((np.abs(pixels - np.round(np.array(to_rgb(colour)) * 255)).sum(axis=2) < 12).sum())


def printed_honest(path: Path) -> bool:
    """Whether the lower part of a PNG shows letters of the honest line."""
    lower = picture(path)[-80:].astype(int)
    return bool((np.abs(lower - HONEST_INK).sum(axis=2) < 12).sum() > 100)


class Tags(HTMLParser):
    """All tags of a page with their attributes, and its text outside scripts and styles."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.inside: list[str] = []
        self.raw = path.read_text(encoding="utf-8")
        self.feed(self.raw)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.inside and tag == self.inside[-1]:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.text += data


def page(path: Path, scripts: int = 0, images: int = 0) -> Tags:
    """Read a page that must load nothing and hold `scripts` scripts and, within itself, `images` pictures."""
    tags = Tags(path)
    pictures = [attributes for tag, attributes in tags.found if tag == "img"]
    assert len(pictures) == images and all(of.pop("src").startswith("data:image/png;base64,") for of in pictures)
    assert all(of["alt"] for of in pictures)
    for tag, attributes in tags.found:
        assert tag not in ("link", "iframe", "object", "embed", "base"), tag
        assert "src" not in attributes and "srcset" not in attributes and "style" not in attributes, (tag, attributes)
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        if "href" in attributes:
            assert tag == "a" and attributes["href"].startswith(("https://", "http://", "ftp://"))
    style = tags.raw.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style and "@import" not in style
    assert sum(tag == "script" for tag, _ in tags.found) == scripts
    policy = [attributes["content"] for tag, attributes in tags.found if "http-equiv" in attributes]
    assert len(policy) == 1 and policy[0].startswith("default-src 'none'")
    assert "http" not in policy[0] and "eval" not in policy[0]
    return tags
