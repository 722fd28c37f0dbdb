"""Client and signatures for the city platform's HTTP interface."""
