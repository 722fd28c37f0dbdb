"""Routes about one order or a list of orders."""
