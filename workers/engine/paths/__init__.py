"""Ways to run one published model: measured at its publishing, one of them chosen, and run wherever it is sampled."""
