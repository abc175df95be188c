"""A configuration: read, checked as a whole, compiled into calls, explained."""
