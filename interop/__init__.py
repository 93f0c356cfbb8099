"""Other people's programs, unmodified, against our fake radio and our client.

`python -m interop` installs what it can, runs every scenario in a network namespace of
its own, prints a matrix and says why for each hole in it. Two ends of one codec agree
even when both are wrong; these programs share no code with us.
"""
