"""Configuration as data: the base of all specs, their field types, and the predictor's."""
