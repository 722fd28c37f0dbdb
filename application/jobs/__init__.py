"""What is done periodically, without anybody asking for it."""
