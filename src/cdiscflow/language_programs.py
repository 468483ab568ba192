"""Programs for the conformance cases: the smallest functions that a spec can call."""
