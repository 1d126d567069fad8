"""Models of a library such as timm, which a table lists: the code that their plugins share."""
