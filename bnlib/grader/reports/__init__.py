"""What a grading run is read as: one page a student, one page for the class."""
