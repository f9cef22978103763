"""Placement with dated orders: assignment of orders to places and weeks."""
