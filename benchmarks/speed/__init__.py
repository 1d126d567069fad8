"""Speed of zoo compared with other packages: programs that run by turns, and their page."""
