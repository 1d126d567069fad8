"""Workers of a search: processes that take trials from a study and train them."""

PARENT = "--parent"
"""Option that makes of `zoo tune` a worker of the process of a number."""
