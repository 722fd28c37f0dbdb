"""Access: what people may read, how it is masked, and what proves who acted."""
