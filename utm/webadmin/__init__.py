"""WebAdmin: the appliance's pages, rendered here, working without JavaScript.

- `application.py` puts it together; `gate.py` decides who comes in; `visit.py` is what a page has.
- `pages/` holds one file per page, `templates/` what it looks like; `forms.py` and
  `object_pages.py` make forms and lists from the description of a class.
"""

from utm.webadmin.application import make_application

__all__ = ["make_application"]
