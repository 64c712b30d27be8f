"""The sandbox, seen from outside: what is in it, how it is started, and whether it can be had."""
