# libleat, the shared library: every layer, with only the names that begin with leat_ exported.
