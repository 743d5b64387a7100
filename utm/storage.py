"""Where the UTM keeps its things: which rooms share its one database, and what lies beside it."""

from foundation.durable.database import Schema
from utm.confd import SCHEMA as CONFD
from utm.epsecd.schema import SCHEMA as EPSECD
from utm.logs.spool import SCHEMA as LOGS

DATABASE = "utm.db"
WEBADMIN_FOLDER = "webadmin"
"""The listener's certificate, the accounts and their first passwords."""
WEBADMIN_CERTIFICATE = "webadmin.crt"
FORMAT_VERSION = 1
SCHEMAS: tuple[Schema, ...] = (CONFD, LOGS, EPSECD)
