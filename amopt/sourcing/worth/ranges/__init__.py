"""Up to which price an offer stays chosen, and from which one that is not would be."""
