"""Programs for the solver: of single sources, of parts of a plan, and of what a tree leaves."""
