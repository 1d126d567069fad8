"""The plugins that are installed here: the catalog of this process, pip, the doctor."""
