"""Types of the arrays that the front end for photos works with."""

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Ints = NDArray[np.intp]
