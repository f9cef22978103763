"""Prices over several periods: what machines rent for, and how all prices climb together."""
