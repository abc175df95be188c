"""What runs a spec elsewhere, and what brings one from elsewhere."""
