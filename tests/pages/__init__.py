"""What `make soak PART=pages` looks at: the pages that a word processor and a browser make."""
