"""One HTML page about models: what they read, what they misread, and whether they differ."""
