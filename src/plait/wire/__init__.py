"""Predictor protocols, one file each."""
