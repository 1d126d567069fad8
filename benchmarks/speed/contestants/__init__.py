"""What zoo is measured against: each a program that prints one JSON object."""
