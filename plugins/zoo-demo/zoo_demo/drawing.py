"""Decode the image that a browser sends, whatever its bytes are."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zoo_core.plugin_api import DataError, one_line, read_image

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""What is read of Pillow's formats: for some others it would start another program."""

LARGEST_SIDE = 4096
"""Pixels of height and width at most: a small file may claim to be gigabytes of image."""


def decode(body: bytes, channels: int) -> NDArray[np.uint8]:
    """Return an image file's pixels, uint8 ``(C, H, W)``.

    Args:
        body: the file.
        channels: 1 for gray, 3 for color.

    Raises:
        DataError: it is empty, no image, or too large.
    """
    hint = f"Send a file of {', '.join(FORMATS)}, at most {LARGEST_SIDE} pixels high and wide."
    if not body:
        raise DataError("the request has no body, an image file is due", hint=hint)
    try:
        with Image.open(BytesIO(body), formats=FORMATS) as opened:
            width, height = opened.size  # from the header alone
        if max(width, height) > LARGEST_SIDE:
            raise DataError(f"the image is {width} × {height} pixels", hint=hint)
        return read_image(BytesIO(body), channels)
    except DataError:
        raise
    except Exception as exc:  # whatever Pillow raises at what is no image, or is a bomb
        raise DataError(
            f"the {len(body):,} bytes cannot be read as an image ({one_line(exc)[:200]})",
            hint=hint,
        ) from exc


def pixels_json(image: NDArray[np.uint8]) -> dict[str, object]:
    """Return pixels ``(C, H, W)`` for a page to draw: base64, channels last."""
    import base64

    channels, height, width = image.shape
    packed = np.ascontiguousarray(image.transpose(1, 2, 0)).tobytes()
    return {
        "width": width,
        "height": height,
        "channels": channels,
        "pixels": base64.b64encode(packed).decode(),
    }
