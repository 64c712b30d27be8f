"""Where submissions are judged: in processes of this machine, or of a Dask cluster.

Either way the work is the same, `apart.JudgeApart.grade`, and each process has its own sandbox.
"""
