"""Orders, with their texts, files, approvals and rule books."""
