"""Replenishments that may not come: what to stock, when to print, what the printer is worth."""
