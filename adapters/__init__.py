"""The only importers of drivers and SDKs, one package a peer."""
