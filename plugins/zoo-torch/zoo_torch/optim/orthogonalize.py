"""Orthogonalization of matrices, the step of the optimizer Muon.

Jordan et al. (2024), https://kellerjordan.github.io/posts/muon
"""

import torch
from torch import Tensor

STEPS = 5

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Coefficients a, b, c of ``a s + b s³ + c s⁵``, applied to every singular value s in each step."""
# Chosen by Jordan et al. for a steep slope at 0: after five steps all but the smallest singular
# values are between about 0.7 and 1.2, which is near enough to 1.


def orthogonalize(matrix: Tensor) -> Tensor:
    """Return a matrix ``(R, C)`` with all singular values near 1 (Newton-Schulz iteration)."""
    # A step maps X to (aI + bA + cA²) · X, where A = X · Xᵀ. Instead of X, which is wide, the
    # loop updates A and the product of the factors, which are small squares; X is multiplied once.
    wide = matrix if len(matrix) <= matrix.shape[1] else matrix.T
    # Divided by its Frobenius norm, so that all singular values are at most 1, where the iteration
    # converges; 1e-7, because a gradient may be 0.
    wide = wide / (wide.norm() + 1e-7)
    a, b, c = COEFFICIENTS
    gram = wide @ wide.T
    factors = torch.eye(len(gram), dtype=gram.dtype, device=gram.device)
    for _ in range(STEPS):
        factor = torch.addmm(gram, gram, gram, beta=b, alpha=c)  # bA + cA²
        factor.diagonal().add_(a)
        factors = factor @ factors
        gram = factor @ gram @ factor  # (F · X) · (F · X)ᵀ, because the factor F is symmetric
    result: Tensor = factors @ wide
    return result if len(matrix) <= matrix.shape[1] else result.T
