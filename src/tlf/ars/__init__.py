"""The displays of a run in CDISC's Analysis Results Standard (ARS) v1.0: what was analysed, how, the results.

`event.reporting_event` makes it of the specs and the results frame alone. The parts: `where` has conditions,
`catalogue` what several analyses share, `lines` how the lines of each word are grouped, `methods` the
operations, `analyses` the analyses with their results, `outputs` the pages and the list of contents.
"""
