"""The judge, who recomputes every table and has never seen the model."""
