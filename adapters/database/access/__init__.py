"""Who may see an order, and readings of personal data."""
