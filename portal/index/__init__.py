"""Index: which replies exist, published by four bytes of their address."""
