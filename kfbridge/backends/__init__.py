"""Where pipelines run: the contract in `base`, and one folder per backend."""
