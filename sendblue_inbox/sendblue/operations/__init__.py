"""Sendblue's operations by resource, one typed method each; `client.Client` joins them."""
