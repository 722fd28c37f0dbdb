"""Periodic jobs, their table and their registration with Temporal, and seeding at start-up."""
