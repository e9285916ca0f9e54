"""Measures of what a model makes, one file each; a module with PLUGIN is found by workers.plugins."""
