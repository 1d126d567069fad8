"""Tables for terminals, pipes and files."""
