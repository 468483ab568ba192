"""Pictures as PNG: what another reader finds in the file is what was drawn."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tlf.png import png_bytes


@pytest.mark.parametrize("planes", [3, 4])
def test_every_pixel_is_read_back_by_another_program(planes):
    """ISO/IEC 15948: pillow is the second implementation; a fourth plane, of opacity, is left out."""
    drawn = np.random.default_rng(1).integers(0, 256, (7, 5, planes), dtype="uint8")
    with Image.open(io.BytesIO(png_bytes(drawn, 300))) as read:
        read.load()
        assert (read.mode, read.size) == ("RGB", (5, 7))
        assert (np.asarray(read) == drawn[..., :3]).all()


def test_a_picture_says_its_size_on_paper_in_whole_points_a_metre():
    """ISO/IEC 15948 11.3.5.3: 300 dots an inch are 300 / 0.0254 = 11811.02 a metre."""
    content = png_bytes(np.zeros((1, 1, 3), dtype="uint8"), 300)
    at = content.index(b"pHYs") + 4
    assert content[at : at + 9] == (11811).to_bytes(4, "big") * 2 + b"\x01"


def test_the_same_picture_gives_the_same_bytes_and_no_text_or_time():
    drawn = np.full((3, 3, 4), 255, dtype="uint8")
    assert png_bytes(drawn, 300) == png_bytes(drawn.copy(), 300)
    assert not {b"tIME", b"tEXt", b"iTXt"} & {png_bytes(drawn, 300)[at : at + 4] for at in range(60)}
