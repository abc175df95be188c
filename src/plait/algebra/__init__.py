"""The Python side of a file: functions and `>>` that build the same specs."""
