"""The conformance checks, by what they check."""
