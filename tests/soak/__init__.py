"""What is long or needs more than Python: `make soak`, or one part of it with `make soak PART=kills`.

A part is a module of this folder with `run() -> str`, which says what it counted, and `NEEDS`, the commands
it runs and the Debian package each is in. A small seeded share of each part is in `make test`.
"""
