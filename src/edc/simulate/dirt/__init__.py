"""Dirt: what goes wrong in exports, thirty kinds of it, planted on chosen records and written down."""
