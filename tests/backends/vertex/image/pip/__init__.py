"""Stands for pip in the judge's steps, as in an image where kfp is installed and no index can be reached."""
