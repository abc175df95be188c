"""A predictor as what is called."""
