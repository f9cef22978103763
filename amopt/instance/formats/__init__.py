"""The formats of instance files: YAML, JSON and TOML text as plain data with positions."""
