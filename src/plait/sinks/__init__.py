"""Where results go: one file per kind of sink, and the delivery of what was promised to them."""
