"""Network for zoo that reads handwritten numbers, `number-reader`."""
