"""What computes the numbers of the sources, by (row, column)."""
