"""`make bench-marks`: what each watermark survives, what it costs, and how often it is seen where there is none."""
