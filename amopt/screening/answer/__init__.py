"""What the planner gets: tables, headline, figures."""
