"""Archive bundles of orders, and the data that a bundle is made from."""
