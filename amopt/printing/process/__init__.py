"""The full decision process of a part, as sparse arrays."""
