"""Several instances or answers side by side: what changed, and what moves the answer."""
