"""What runs in the reader's browser: Python that a page of the site calls, without a kernel."""
