"""Kinds of job, one file each; a module with PLUGIN is found by workers.plugins."""
