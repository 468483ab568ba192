"""Colours and line styles that a colour-blind reader and a grey print tell apart (Okabe and Ito)."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
STYLES = ("-", (0, (6, 2)), (0, (1, 1.4)), (0, (6, 2, 1, 2)), (0, (3, 1.5)), (0, (8, 2, 2, 2)))
TOTAL_COLOUR = "#555555"
INCHES = (9.2, 5.2)
BAR, ARROW = "#C8C8C8", "#4D4D4D"
STATES = (("#0072B2", ""), ("#56B4E9", ""), ("#F0E442", "////"), ("#CC79A7", "...."))
MARKS = (
    ("o", "#009E73"), ("v", "#D55E00"), ("D", "#CC79A7"), ("P", "#E69F00"), ("s", "#4D4D4D"),
    ("X", "#000000"),
)  # fmt: skip
RESPONSES = (
    ("#0072B2", ""), ("#56B4E9", ""), ("#F0E442", "////"), ("#E69F00", ""), ("#D55E00", "\\\\\\\\"),
    ("#CC79A7", "...."), ("#999999", ""),
)  # fmt: skip
GRADES = ("#ECECEC", "#FEE391", "#FDB24C", "#D95F0E", "#8C2D04", "#111111")
DOTS = (("o", "#0072B2", -0.24, -0.25), ("^", "#009E73", 0.26, 0.22), ("s", "#CC79A7", 0.26, -0.25))
