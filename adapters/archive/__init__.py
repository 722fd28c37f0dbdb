"""Archive bundles: written, signed, and checked."""
