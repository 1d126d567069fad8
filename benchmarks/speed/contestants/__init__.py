"""Contestants besides zoo: programs that print one JSON object."""
