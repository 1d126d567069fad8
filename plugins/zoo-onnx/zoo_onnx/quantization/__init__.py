"""Static quantization of published programs to 8-bit integers: the command `zoo quantize`."""
