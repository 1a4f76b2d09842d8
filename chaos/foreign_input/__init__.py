"""Feeds what reads foreign files inputs that are hostile: each ends in a row or a clear error."""
