"""Types of inputs and outputs."""
