"""Ground floor: any file becomes validated data."""
