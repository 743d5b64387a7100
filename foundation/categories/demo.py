"""The project's own demo categories: reserved names that stand for kinds of sites.

- Only names under `.example` and `.test` (RFC 2606, RFC 6761), so that no real site is judged.
- `uncategorized.example` and everything else that is not listed has no category.
"""

from importlib import resources

from foundation.categories.category_set import CategorySet


def demo_categories() -> CategorySet:
    """Return the demo set, read from the packaged data."""
    return CategorySet.from_json(
        (resources.files(__package__) / "data/demo_categories.json").read_bytes()
    )
