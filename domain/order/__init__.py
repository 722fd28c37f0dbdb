"""The order: its state, what can be asked of it, what happened to it, and the pure decisions between them."""
