"""The citizen: how they are reached, and what their answers mean."""
