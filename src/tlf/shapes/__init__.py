"""Kinds of table: from the results frame to the lines and cells of a page."""
