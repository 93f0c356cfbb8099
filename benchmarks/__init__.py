"""Each figure this project claims, measured against other programs in the same run.

`python -m benchmarks` runs all rows; README.md beside this file tells how to repeat and
read them. Nothing here asserts: a row prints its target and PASS or MISS.
"""
