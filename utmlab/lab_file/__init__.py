"""A lab as one file: written from what is stored, and applied to a lab that runs.

- `document.py` says what is in it, `describing.py` writes it, `applying.py` brings a lab to it.
"""

from utmlab.lab_file.applying import Applied, apply
from utmlab.lab_file.describing import describe_lab
from utmlab.lab_file.document import LabDocument, LabFileRefusedError, read_lab

__all__ = ["Applied", "LabDocument", "LabFileRefusedError", "apply", "describe_lab", "read_lab"]
