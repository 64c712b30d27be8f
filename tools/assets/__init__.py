"""Files of other projects that the site needs, fetched once and checked: tools/assets.toml.

    python -m tools.assets [NAME ...]

Each file is pinned by its sha256. It is taken from the cache, or from the first road of its asset
that brings that very file: a CDN, an npm package, a wheel. The cache is the user's (platformdirs),
so that a fresh clone fetches nothing again; BATCHNORM_ASSETS names another folder.
"""

from tools.assets.fetching import cache_folder, fetch, is_whole
from tools.assets.listing import LIST, Asset, Road, read

__all__ = ["LIST", "Asset", "Road", "cache_folder", "fetch", "is_whole", "read"]
