"""Database roles and their rights."""
