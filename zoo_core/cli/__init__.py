"""The command line: options, output, and one module per command."""
