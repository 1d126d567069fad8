"""Help: the text of `zoo --help`, the front page of `zoo`, and help of commands with examples."""
