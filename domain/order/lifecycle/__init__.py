"""The stages of an order's life, one file a stage, named as the hotline names them."""
