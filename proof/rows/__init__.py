"""The rows, each a file, or a family of them."""
