"""Speed of zoo beside others: programs that take turns, and the page made of it."""
