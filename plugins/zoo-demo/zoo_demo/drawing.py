"""Preparation of the image files that a browser sends."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zoo_core import Reading
from zoo_core.plugin_api import DataError, ImageProcessor, one_line

# Not all formats of Pillow, because it runs Ghostscript for PostScript files.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""Accepted image formats."""

# A file of a few kilobytes can declare an image of gigabytes (a decompression bomb).
MAX_SIDE = 4096
"""Maximum height and width in pixels."""


def find(body: bytes, processor: ImageProcessor) -> Reading:
    """Return the inputs of a model that an image file contains.

    Args:
        body: content of the file.
        processor: preparation of image files for the model.

    Raises:
        DataError: the file is empty, too large or not a readable image.
    """
    hint = f"Send a file of {', '.join(FORMATS)}, at most {MAX_SIDE} pixels high and wide."
    if not body:
        raise DataError("expected an image file as the request's body, got 0 bytes", hint=hint)
    try:
        with Image.open(BytesIO(body), formats=FORMATS) as opened:
            width, height = opened.size  # from the header: no pixel is decoded yet
        if max(width, height) > MAX_SIDE:
            raise DataError(f"the image has {width} × {height} pixels", hint=hint)
        return processor.find(BytesIO(body))
    except DataError:
        raise
    except Exception as exc:  # Pillow's decoders may raise anything for bytes that are not images
        raise DataError(
            f"cannot read {len(body):,} bytes as an image ({one_line(exc)[:200]})", hint=hint
        ) from exc


def pixels_json(image: NDArray[np.uint8]) -> dict[str, object]:
    """Return pixels ``(C, H, W)`` for the page's canvas: base64, channels last."""
    channels, height, width = image.shape
    packed = np.ascontiguousarray(image.transpose(1, 2, 0)).tobytes()
    return {
        "width": width,
        "height": height,
        "channels": channels,
        "pixels": base64.b64encode(packed).decode(),
    }
