"""Prices of demand that climb, and plans that their averages suggest."""
