"""Sphinx extensions that make the site, one idea each; `local_extensions` in _config.yml."""
