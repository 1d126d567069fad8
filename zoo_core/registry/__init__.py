"""Published weights: who has them, what they are called, how they get here."""
