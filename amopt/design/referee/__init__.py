"""The referee: recomputes choice, bill, stock, break-even points and limits of an answer."""
