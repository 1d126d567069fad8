"""The pages of `zoo info`: facts as JSON values, and in words, with one module per kind."""
