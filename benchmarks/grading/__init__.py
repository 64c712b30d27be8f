"""What `benchmarks/grader.py` is made of: submissions, three graders, a stopwatch."""
