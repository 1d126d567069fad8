"""Publishing weights, and what it takes to check and re-derive them."""
