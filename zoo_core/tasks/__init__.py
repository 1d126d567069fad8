"""The tasks that come with zoo, offered by the core's own plugin; the core imports none of them."""
