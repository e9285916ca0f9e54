"""What an artifact carries, one file each; a module with PLUGIN is found by workers.plugins."""
