"""Drivers and SDKs, one package for each external system; no other layer imports them."""
