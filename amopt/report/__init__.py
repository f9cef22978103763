"""What a solution looks like: in the terminal, as one object for machines."""
