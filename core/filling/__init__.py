"""Filling in parts: windows, doors, car glass, wheels, hair and shoes inside bare objects."""
