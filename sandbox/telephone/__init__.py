"""A telephone company on one machine."""
