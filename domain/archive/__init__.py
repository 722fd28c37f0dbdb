"""What is kept of an order for good: which files a bundle holds, and the sheet that people read."""
