"""Answers that come later: jobs, kept until they have ended, and carried on by whoever is there."""
