"""Pages of the documentation site that are generated from the code and the registry.

Each module returns pages as a mapping: path below ``docs`` -> Markdown, or the bytes of a picture.
No module but `site_hook` depends on the generator of the site.
"""
