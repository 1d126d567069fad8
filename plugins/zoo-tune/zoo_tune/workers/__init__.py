"""Workers of a search: processes that take trials from a study and train them."""
