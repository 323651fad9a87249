"""Machines: what a step asks for, what providers have, and the smallest and cheapest that fits.

`request.py` reads what is asked for, `table.py` what there is (the CSV files in ``data/``, and the user's own),
`choose.py` brings both together, `offer.py` is the answer of one provider. What is peculiar to a provider is in
its backend's ``machines.py``.
"""
