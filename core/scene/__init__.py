"""The street that is painted: label map, instance map, appearance codes, edits and files."""
