"""YAML in the plain block style that programs write, read line by line."""
