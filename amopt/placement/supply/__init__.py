"""The supply options of each demand: places, stock levels and machines."""
