"""What plugins offer, and how they are discovered, loaded and listed."""
