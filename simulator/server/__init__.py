"""A plain and correct model of a server."""
