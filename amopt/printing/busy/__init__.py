"""A printer that makes only so many parts a day."""
