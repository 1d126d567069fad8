"""Training in several processes, as torchrun starts them."""
