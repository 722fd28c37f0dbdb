"""Use cases of the callback: what citizens answer by text or telephone, and what became of messages."""
