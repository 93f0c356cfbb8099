"""The rows of the benchmark, one module each; `ALL` gives them in the order printed."""
