"""Quotes at the moment of need: sources that are asked, and a log of what they answered.

``solve`` and ``replay`` never ask anybody: they read what a log says as of a time.
"""
