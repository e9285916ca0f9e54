"""What can run, data sets, models and their aliases."""
