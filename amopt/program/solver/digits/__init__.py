"""The digits of an answer: sums that are safe, rows and bounds recomputed, points refined."""
