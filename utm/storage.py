"""The UTM's one database: which rooms share it."""

from foundation.durable.database import Schema
from utm.confd import SCHEMA as CONFD
from utm.epsecd.schema import SCHEMA as EPSECD
from utm.logs.spool import SCHEMA as LOGS

DATABASE = "utm.db"
FORMAT_VERSION = 1
SCHEMAS: tuple[Schema, ...] = (CONFD, LOGS, EPSECD)
