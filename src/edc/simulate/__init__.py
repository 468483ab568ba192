"""A simulator of exports: subjects with coherent histories, written as an EDC and vendors would deliver them.

It is an independent telling of the protocol: it reads raw forms and study.yml only, nothing of what maps or
judges its output, because a mistake both shared would cancel itself.
"""
