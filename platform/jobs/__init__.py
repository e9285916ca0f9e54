"""The job, its inputs and attempts: every move, the fair pick, the lease, the sweeper."""
