"""plait composes model services, in series and in parallel, into one endpoint."""

__version__ = "0.1.0"
