"""The order: its state, its commands and events, and the pure decisions between them."""
