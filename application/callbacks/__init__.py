"""Use cases of the callback: citizens' answers by text or telephone, and delivery reports."""
