"""The installed plugins: the catalog of this process, the core's own plugin, the doctor."""
