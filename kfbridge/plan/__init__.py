"""Before anything happens: what a pipeline needs, what a backend has, and what exactly would be submitted.

`needs` walks the graph and names what the pipeline asks for; `capabilities` and `limits` say what a backend has;
`check` puts the two together and makes findings. A `Plan` holds the findings and the native documents; `render` and
`diff` show it. All of it is offline and deterministic.
"""
