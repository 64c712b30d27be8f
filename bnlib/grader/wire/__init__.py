"""What crosses between the judge and a submission, and how: typed values in bounded frames.

Both ends use this package. Nothing in it executes, imports or unpickles what arrives.
"""
