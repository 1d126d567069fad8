"""ONNX Runtime for zoo: predictions with published programs, and their quantization."""
