"""Plug-ins that are no part of the product: of it they import the contracts, the errors and canonical JSON."""
