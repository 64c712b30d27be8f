"""What stands for `bnlib` in a submission's sandbox: silent checks, data, and no answers."""
