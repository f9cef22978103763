"""Ground floor: mathematical programs and the one door to the solver."""
