"""The predictor server's application: one model behind four routes."""
