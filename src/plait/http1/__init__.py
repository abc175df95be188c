"""Strict HTTP/1.1: what is read from clients and predictors, and connections to predictors."""
