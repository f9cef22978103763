"""Placeholder."""
def obstacle(instance):
    return "x"
def price(*a):
    raise NotImplementedError
