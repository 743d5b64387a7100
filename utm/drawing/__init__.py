"""Pictures as SVG text, and the arithmetic behind them. Pure: values in, text out.

- `svg.py` writes elements; `axis.py` maps seconds to places; `hops.py` is what a timeline is of.
- `overview.py` and `waterfall.py` draw a changeset, `plots.py` draws bars and lines.
- In a page the style sheet colours the classes; alone (`PRINTED`) a picture carries its colours as
  attributes, so that it needs neither style sheet nor script.
"""
