"""The client of a running proxy: pure functions from call to request and from response to answer, and two thin classes."""
