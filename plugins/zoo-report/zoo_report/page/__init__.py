"""A self-contained HTML page about models: results, mistakes, and significant differences."""
