"""Colours that the colour-blind can tell apart: Okabe & Ito, Color Universal Design, 2008."""

BLUE, RED, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
PURPLE, SKY, YELLOW = "#CC79A7", "#56B4E9", "#F0E442"
INK, SOFT = "#2b2f33", "#8a9199"
