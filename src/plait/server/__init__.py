"""The data port: connections of clients, routes, answers; by plait's own front or as an ASGI app."""
