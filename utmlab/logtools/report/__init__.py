"""What inherited logs tell: days, changesets, computers and known troubles, in one pass.

* Lines are read once and forgotten; what is kept is counted, and every table has a bound.
* Judging lines is lint's work (`utmlab.logtools.lint`); what lines tell together is this package's.
"""
