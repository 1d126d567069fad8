"""Weight files and the cards that describe them."""
