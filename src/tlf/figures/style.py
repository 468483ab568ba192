"""Colours and line styles that a colour-blind reader and a grey print tell apart (Okabe and Ito)."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
STYLES = ("-", (0, (6, 2)), (0, (1, 1.4)), (0, (6, 2, 1, 2)), (0, (3, 1.5)), (0, (8, 2, 2, 2)))
TOTAL_COLOUR = "#555555"
INCHES = (9.2, 5.2)
