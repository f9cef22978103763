"""The register of licences used: a chain of hashed entries in a database."""
