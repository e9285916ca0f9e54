"""What can run, data sets, models and their aliases, and where the bytes of all of them lie."""
