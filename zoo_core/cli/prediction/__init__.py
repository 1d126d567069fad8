"""The inputs and the output of `zoo predict`."""
