"""Node kinds, one file each, and what they share."""
